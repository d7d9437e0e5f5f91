// Greets whoever the event names, in Rust.
use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Event {
    name: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    message: String,
}

async fn greet(event: LambdaEvent<Event>) -> Result<Answer, Error> {
    let name = event.payload.name.unwrap_or_else(|| "World".into());
    println!("greeting {name}");
    Ok(Answer {
        message: format!("Hello, {name}!"),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(greet)).await
}
