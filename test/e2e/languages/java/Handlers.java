import com.amazonaws.services.lambda.runtime.Context;
import java.util.Map;

public class Handlers {
  public Object handle(Map<String, Object> event, Context context) throws Exception {
    switch ((String) event.get("op")) {
      case "echo":
        return event;
      case "environment":
        return System.getenv();
      case "error":
        throw new IllegalStateException("deliberate");
      case "timeout":
        Thread.sleep(60_000);
        return null;
      case "big":
        return "x".repeat(((Number) event.get("bytes")).intValue());
      default:
        return Map.of(
            "name", context.getFunctionName(),
            "version", context.getFunctionVersion(),
            "memory", context.getMemoryLimitInMB(),
            "arn", context.getInvokedFunctionArn(),
            "requestId", context.getAwsRequestId(),
            "remainingMs", context.getRemainingTimeInMillis());
    }
  }
}
