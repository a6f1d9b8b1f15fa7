# A Python environment with the packages that measuring scripts need; sourced after common.sh.
# shellcheck shell=bash

# Its path: LOCKSTEP_VENV, or a folder of the user's cache.
python_environment() { printf '%s' "${LOCKSTEP_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/lockstep/venv}"; }

# The folder for results that stay valid from run to run.
measuring_cache() { printf '%s' "${XDG_CACHE_HOME:-$HOME/.cache}/lockstep"; }

need_python() { command -v python3 >/dev/null || die 1 "there is no python3; install it (Debian: apt-get install python3 python3-venv)."; }

# install_modules MODULE PACKAGE [MODULE PACKAGE]...: installs each package whose module cannot be imported.
install_modules() {
    local environment missing=() module
    environment=$(python_environment)
    if [ ! -x "$environment/bin/python" ]; then
        say "Making a Python environment in $environment"
        python3 -m venv "$environment" >&2 || die 1 "python3 -m venv $environment failed (Debian: apt-get install" \
            "python3-venv). LOCKSTEP_VENV names another place, or an environment that is ready."
    fi
    while [ $# -gt 0 ]; do
        module=$1
        "$environment/bin/python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$module') is None)" \
            2>/dev/null || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing ${missing[*]} in $environment"
    local log="$environment/install.log"
    "$environment/bin/pip" install "${missing[@]}" >"$log" 2>&1 ||
        "$environment/bin/pip" install --extra-index-url https://download.pytorch.org/whl/cpu "${missing[@]}" >>"$log" 2>&1 ||
        die 1 "pip could not install ${missing[*]} in $environment (is there a network?); see $log. LOCKSTEP_VENV may" \
            "name an environment that has them."
}
