use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (payload, context) = event.into_parts();
    match payload["op"].as_str().unwrap_or_default() {
        "echo" => Ok(payload),
        "environment" => Ok(json!(std::env::vars().collect::<std::collections::HashMap<_, _>>())),
        "error" => Err("deliberate".into()),
        "timeout" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(Value::Null)
        }
        "big" => Ok(json!("x".repeat(payload["bytes"].as_u64().unwrap_or(0) as usize))),
        _ => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
            Ok(json!({
                "name": context.env_config.function_name,
                "version": context.env_config.version,
                "memory": context.env_config.memory,
                "arn": context.invoked_function_arn,
                "requestId": context.request_id,
                "remainingMs": context.deadline - now,
            }))
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
