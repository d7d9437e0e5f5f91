package example;

import java.util.Map;

/** Greets whoever the event names, in Java. */
public class Handler {
  public Map<String, String> handleRequest(Map<String, Object> event) {
    Object name = event.getOrDefault("name", "World");
    System.out.println("greeting " + name);
    return Map.of("message", "Hello, " + name + "!");
  }
}
