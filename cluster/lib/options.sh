# The options of a test bed, kept in its state directory; sourced by cluster/testbed.
# shellcheck shell=bash disable=SC2034,SC2154

hosts=2 slots=1 rate='' delay=0 prefix=h port=2222 subnet=10.231.7
rest=()

# parse_options ARGUMENT...: sets the options; what follows them goes to `rest`.
parse_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --hosts | --slots | --rate | --delay | --prefix | --port | --subnet)
                [ $# -ge 2 ] || die 2 "option $1 needs a value; see cluster/testbed --help."
                printf -v "${1#--}" '%s' "$2"
                options_given=yes
                shift 2
                ;;
            --)
                shift
                break
                ;;
            -*) die 2 "unknown option '$1'; see cluster/testbed --help." ;;
            *) break ;;
        esac
    done
    rest=("$@")
    check_values
}

check_values() {
    if ! [[ $hosts =~ ^[1-9][0-9]?$ ]] || [ "$hosts" -gt 64 ]; then die 2 "--hosts must be a whole number from 1 to 64; got '$hosts'."; fi
    [[ $slots =~ ^[1-9][0-9]{0,3}$ ]] || die 2 "--slots must be a whole number from 1 on; got '$slots'."
    [ -z "$rate" ] || [[ $rate =~ ^[1-9][0-9]*[kmg]bit$ ]] || die 2 "--rate must be a whole number of kbit, mbit or" \
        "gbit, as in 100mbit; got '$rate'."
    [[ $delay =~ ^[0-9]+(\.[0-9]+)?$ ]] || die 2 "--delay must be a number of milliseconds; got '$delay'."
    [[ $prefix =~ ^[a-z][a-z-]{0,15}$ ]] || die 2 "--prefix must be up to 16 small letters; got '$prefix'."
    if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then die 2 "--port must be from 1 to 65535; got '$port'."; fi
    [[ $subnet =~ ^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$ ]] || die 2 "--subnet must be the first three numbers of an" \
        "address, as in 10.231.7; got '$subnet'."
}

delayed() { [[ $delay =~ [1-9] ]]; }

save_options() {
    local option
    for option in hosts slots rate delay prefix port subnet; do
        printf '%s=%s\n' "$option" "${!option}"
    done >"$state/options"
}

# Reads what `up` wrote; ends when there is no whole bed.
load_bed() {
    [ -f "$state/complete" ] || die 1 "there is no test bed in $state. Make one with: cluster/testbed up"
    local name value
    while IFS='=' read -r name value; do
        case $name in
            hosts | slots | rate | delay | prefix | port | subnet) printf -v "$name" '%s' "$value" ;;
            *) die 1 "$state/options has an unknown line: '$name=$value'. Make the bed anew: cluster/testbed down, cluster/testbed up" ;;
        esac
    done <"$state/options"
    check_values
}

# number_of NAME: the number of a host of this bed.
number_of() {
    local number=${1#"$prefix"}
    if [ "$prefix$number" != "$1" ] || ! [[ $number =~ ^[1-9][0-9]?$ ]] || [ "$number" -gt "$hosts" ]; then
        die 2 "there is no host '$1' in this test bed; its hosts are ${prefix}1 to $prefix$hosts."
    fi
    printf '%s' "$number"
}
