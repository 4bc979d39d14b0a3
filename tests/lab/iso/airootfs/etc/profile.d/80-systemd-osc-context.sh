# shellcheck shell=bash disable=SC1003  # an escape sequence ends in a backslash
# Stand-in for the file of this name in systemd 258: bash names its context to the terminal at every prompt and command.
if [ -n "${BASH_VERSION:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  lab_osc_prompt() { printf '\e]3008;end=%s;exit=success\e\\\e]3008;start=%s;user=%s;hostname=%s;type=shell\e\\' "$$" "$$" "$USER" "$HOSTNAME"; }
  PROMPT_COMMAND+=(lab_osc_prompt)
  PS0='\e]3008;start=command;type=command\e\\'
fi
