# Sourced by the bootstraps of the managed runtimes: starts the runtime as Lambda does, behind the program that
# AWS_LAMBDA_EXEC_WRAPPER names, which gets the runtime's command as its arguments.
run_wrapped() {
  wrapper=${AWS_LAMBDA_EXEC_WRAPPER:-}
  [ -n "$wrapper" ] || exec "$@"
  [ -f "$wrapper" ] || { echo "$wrapper: does not exist"; exit 127; }
  [ -x "$wrapper" ] || { echo "$wrapper: is not an executable"; exit 126; }
  exec "$wrapper" "$@"
}
