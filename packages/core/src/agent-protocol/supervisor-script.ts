/**
 * Process 1 of a function's container, for any `/bin/sh` (dash, busybox, bash). Run it as
 * `/bin/sh -c SUPERVISOR_SCRIPT mayfly-supervisor <dir>`, where `<dir>` is the agent's
 * `MAYFLY_SUPERVISOR_DIR`. It needs no program of the image but `sleep`, and only until the agent is there.
 *
 * Reads from `<dir>/control`: `start`, `term`, `kill`, `memory <pid>`, `exit`.
 * Writes to `<dir>/events`: `attached`, `started <pid>`, `missing`, `denied`, `exited <status>`,
 * `memory <kB>`, `killed`, `terminating`. What it starts may write there, too.
 */
export const SUPERVISOR_SCRIPT = `# Starts and ends the runtime of a Mayfly function, as its agent says.
dir=$1
# Only process 1 is spared by its own kill -1.
[ $$ = 1 ] || { echo 'the supervisor must be process 1' >&2; exit 64; }
trap 'exit 0' TERM
# Less and less often: a hundred supervisors that wait must not be what their agents wait for.
pauses='0.02 0.03 0.05 0.08 0.12 0.2 0.3'
until [ -p "$dir/control" ]; do
  pause=\${pauses%% *}
  case $pauses in *' '*) pauses=\${pauses#* } ;; esac
  sleep "$pause" 2>/dev/null || sleep 1
done
# The agent holds control open for as long as it lives: its end of file is the end of the agent.
# events is closed for the runtime, so that its end of file is the end of this process.
exec 3<"$dir/control" 4>"$dir/events"
interrupted=
trap 'interrupted=1; echo terminating >&4' TERM

run() {
  trap - TERM
  # Sets the variables, the directory and the command.
  . "$dir/variables" 2>/dev/null
  case $1 in
    */*)
      [ -e "$1" ] || { echo missing >&4; exit 127; }
      [ -x "$1" ] || { echo denied >&4; exit 126; } ;;
    *) command -v "$1" >/dev/null || { echo missing >&4; exit 127; } ;;
  esac
  exec "$@" 4>&-
}

supervise() {
  # It has to outlive the runtime to say how that ended.
  trap '' TERM
  run >"$dir/output" 2>&1 </dev/null &
  echo "started $!" >&4
  wait $!
  echo "exited $?" >&4
}

echo attached >&4
while :; do
  if read -r verb pid <&3; then
    case $verb in
      start) supervise 3<&- & ;;
      term) kill -TERM -1 2>/dev/null ;;
      # After the wait nothing of this runtime can be reported any more.
      kill) kill -KILL -1 2>/dev/null; wait; echo killed >&4 ;;
      memory)
        kilobytes=0
        while read -r name value rest; do
          if [ "$name" = VmHWM: ]; then kilobytes=$value; break; fi
        done 2>/dev/null <"/proc/$pid/status"
        echo "memory $kilobytes" >&4 ;;
      exit) break ;;
    esac
    # Reaps the orphans that have ended.
    jobs >/dev/null 2>&1
  elif [ -n "$interrupted" ]; then
    interrupted=
  else
    break
  fi
done
kill -KILL -1 2>/dev/null
exit 0
`;
