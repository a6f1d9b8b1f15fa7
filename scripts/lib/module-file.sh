# shellcheck shell=bash
# The module file of an installation, for Environment Modules and Lmod. Sourced by scripts/install.

# module_file PREFIX VERSION FOLDER: writes the one for a folder to the standard output. Inside of PREFIX it finds the installation from its
# own path, so that both can be moved together; elsewhere it has the path of the installation.
module_file() {
    local prefix=$1 version=$2 folder up
    folder=$(realpath -m -- "$3")
    printf '#%%Module1.0\n'
    printf 'module-whatis "Lockstep %s: data-parallel training of neural networks"\n' "$version"
    if is_inside "$prefix" "$folder"; then
        up=$(realpath -m --relative-to="$folder" -- "$prefix")
        printf '# The installation can be moved: its folder follows from the path of this file.\n'
        # shellcheck disable=SC2016 # Tcl's variables
        printf 'set prefix [file normalize [file join [file dirname $ModulesCurrentModulefile] %s]]\n' "$up"
    else
        printf 'set prefix "%s"\n' "$(tcl_quoted "$prefix")"
    fi
    cat <<'TCL'
if {[module-info mode load] && ![file executable "$prefix/bin/lockstep"]} {
    puts stderr "lockstep: there is no installation in $prefix. If it was moved, run scripts/install --module again."
    exit 1
}
prepend-path PATH "$prefix/bin"
prepend-path MANPATH "$prefix/share/man"
conflict lockstep
TCL
}

# tcl_quoted TEXT: the text as it stands between quotation marks in Tcl.
tcl_quoted() {
    # shellcheck disable=SC2001 # a set of characters
    sed 's/[][$"\\{}]/\\&/g' <<<"$1"
}

# is_inside FOLDER PATH: whether a path is below a folder.
is_inside() { case $2/ in "$1"/*) return 0 ;; *) return 1 ;; esac; }
