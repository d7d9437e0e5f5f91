import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;

/** Manages a function with the AWS SDK for Java and prints what came back, one thing a line. */
public class ManageFunction {
  private static final String NAME = "from-java";

  public static void main(String[] args) throws Exception {
    try (LambdaClient client = newClient(args[0])) {
      var created =
          client.createFunction(
              request ->
                  request
                      .functionName(NAME)
                      .runtime("nodejs24.x")
                      .handler("index.handler")
                      .role("arn:aws:iam::000000000000:role/lambda")
                      .code(code -> code.zipFile(archive("Hello, Java"))));
      System.out.println("state " + created.stateAsString());
      client
          .waiter()
          .waitUntilFunctionActiveV2(
              request -> request.functionName(NAME),
              overrides -> overrides.waitTimeout(Duration.ofMinutes(1)));
      var published = client.publishVersion(request -> request.functionName(NAME));
      var alias =
          client.createAlias(
              request ->
                  request.functionName(NAME).name("live").functionVersion(published.version()));
      System.out.println("alias " + alias.aliasArn());
      var invoked = client.invoke(request -> request.functionName(NAME).qualifier("live"));
      System.out.println("answer " + invoked.payload().asUtf8String());
      System.out.println("executed " + invoked.executedVersion());
      var versions =
          client
              .listVersionsByFunctionPaginator(request -> request.functionName(NAME).maxItems(1))
              .versions()
              .stream()
              .map(version -> version.version())
              .collect(Collectors.joining(","));
      System.out.println("versions " + versions);
      try {
        client.getAlias(request -> request.functionName(NAME).name("nobody"));
      } catch (ResourceNotFoundException error) {
        System.out.println("notFound " + error.statusCode());
      }
      client.deleteFunction(request -> request.functionName(NAME));
    }
  }

  private static LambdaClient newClient(String endpoint) {
    var credentials = AwsBasicCredentials.create("any", "any");
    return LambdaClient.builder()
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(credentials))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  private static SdkBytes archive(String answer) {
    try {
      var data = new ByteArrayOutputStream();
      try (var code = new ZipOutputStream(data)) {
        code.putNextEntry(new ZipEntry("index.js"));
        var source = "exports.handler = async () => '" + answer + "';";
        code.write(source.getBytes(StandardCharsets.UTF_8));
        code.closeEntry();
      }
      return SdkBytes.fromByteArray(data.toByteArray());
    } catch (java.io.IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }
}
