import com.amazonaws.services.lambda.runtime.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** Answers what a test asks: the Java one of four that answer alike. */
public class Probe {
  private static int count = 0;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("stopped by SIGTERM")));
  }

  public Object answer(Map<String, Object> event, Context context) throws Exception {
    switch ((String) event.get("ask")) {
      case "variables":
        return System.getenv();
      case "directory":
        return directory();
      case "read":
        return read(Path.of((String) event.get("path")));
      case "write":
        return write(Path.of((String) event.get("path")), (String) event.get("text"));
      case "count":
        count += 1;
        return Map.of("count", count, "stream", System.getenv("AWS_LAMBDA_LOG_STREAM_NAME"));
      case "context":
        return Map.of(
            "remainingMs", context.getRemainingTimeInMillis(),
            "requestId", context.getAwsRequestId(),
            "arn", context.getInvokedFunctionArn());
      case "print":
        System.out.println("to stdout");
        System.err.println("to stderr");
        return null;
      case "fail":
        throw new IllegalStateException("as it was asked to");
      case "exit":
        System.exit(((Number) event.get("status")).intValue());
        return null;
      case "kill":
        new ProcessBuilder("sh", "-c", "kill -KILL $PPID").start().waitFor();
        return null;
      case "hang":
        while (true) {}
      default:
        throw new IllegalArgumentException("ask");
    }
  }

  private static Object directory() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("."))) {
      return Map.of(
          "path", Path.of("").toAbsolutePath().toString(),
          "files", files.map((file) -> file.getFileName().toString()).toList());
    }
  }

  // Not `readString`: files of /proc have no size.
  private static String read(Path path) {
    try (var source = Files.newInputStream(path)) {
      return new String(source.readAllBytes());
    } catch (IOException error) {
      return error.toString();
    }
  }

  private static String write(Path path, String text) {
    try {
      Files.writeString(path, text);
      return "written";
    } catch (IOException error) {
      return error.toString();
    }
  }
}
