# The handler: takes the event as its first argument and prints the result.

handler() {
  local event="$1" name='World'
  # The text between the quotes, escapes and all: what was valid JSON there is valid JSON in the answer.
  local pattern='"name"[[:space:]]*:[[:space:]]*"(([^"\\]|\\.)*)"'
  if [[ "$event" =~ $pattern ]]; then name="${BASH_REMATCH[1]}"; fi
  echo "greeting $name" >&2
  printf '{"message":"Hello, %s!"}' "$name"
}
