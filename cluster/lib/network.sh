# The network of a test bed: a bridge, and from each host a cable with its bandwidth and delay; sourced by cluster/testbed.
# shellcheck shell=bash disable=SC2154

address_of() { printf '%s.%s' "$subnet" "$1"; }

# The bandwidth in bits per second.
bits_per_second() {
    local number=${rate%%[kmg]bit}
    case $rate in
        *kbit) printf '%s' $((number * 1000)) ;;
        *mbit) printf '%s' $((number * 1000000)) ;;
        *gbit) printf '%s' $((number * 1000000000)) ;;
    esac
}

# limit NAMESPACE DEVICE: holds what leaves through a device to the bandwidth.
limit() {
    [ -n "$rate" ] || return 0
    local bits burst
    bits=$(bits_per_second)
    # What may leave at once: a millisecond's worth, so that small messages meet the bandwidth too.
    burst=$((bits / 8000))
    [ "$burst" -ge 16384 ] || burst=16384
    tc -n "$1" qdisc add dev "$2" root tbf rate "$rate" burst "$burst" latency 50ms
}

# Half of the delay lies in each host's cable, so it is whole between any two hosts.
connect() {
    local number=$1 host
    host=$(namespace_of "$number")
    if delayed; then
        touch "$state/relay$number.log"
        start ip netns exec "$switch" python3 "$repository/cluster/lib/relay.py" "/run/netns/$host" eth0 "port$number" \
            "$delay" >"$state/relay$number.log" 2>&1
        wait_for "the delay of $prefix$number" "$state/relay$number.log" grep -q ready "$state/relay$number.log"
    else
        ip link add eth0 netns "$host" type veth peer name "port$number" netns "$switch"
    fi
    ip -n "$host" addr add "$(address_of "$number")/24" dev eth0
    ip -n "$host" link set eth0 up
    ip -n "$switch" link set "port$number" master bridge up
    limit "$host" eth0
    limit "$switch" "port$number"
}

make_network() {
    ip -n "$switch" link add name bridge type bridge forward_delay 0
    ip -n "$switch" link set bridge up
    local number
    for ((number = 1; number <= hosts; number++)); do connect "$number"; done
}

plugged_in() { [[ $(ip -n "$switch" -o link show "port$1") == *" master bridge "* ]]; }

# A port outside the bridge keeps its carrier: packets vanish without an error, as behind a broken switch.
unplug() { ip -n "$switch" link set "port$1" nomaster; }

plug_in() { ip -n "$switch" link set "port$1" master bridge; }

# measure_stream [--seconds N] [FROM TO]
measure_stream() {
    local seconds=2
    if [ "${1:-}" = --seconds ]; then
        seconds=${2:-}
        [[ $seconds =~ ^[1-9][0-9]*$ ]] || die 2 "--seconds must be a whole number from 1 on; got '$seconds'."
        shift 2
    fi
    if [ $# -eq 0 ]; then set -- "${prefix}2" "${prefix}1"; fi
    [ $# -eq 2 ] || die 2 "usage: cluster/testbed stream [--seconds N] [FROM TO]"
    local from to
    from=$(number_of "$1")
    to=$(number_of "$2")
    [ "$from" != "$to" ] || die 2 "a stream needs two hosts."
    command -v python3 >/dev/null || die 1 "a stream needs python3, which is not here."
    local program=$repository/cluster/lib/stream.py receiver
    exec 8< <(ip netns exec "$(namespace_of "$to")" python3 "$program" receive "$(address_of "$to")" "$seconds")
    receiver=$!
    # shellcheck disable=SC2064 # the receiver is known now
    trap "kill $receiver 2>/dev/null || true" EXIT
    local stream_port result
    read -r stream_port <&8 || die 1 "the receiver on $2 did not start."
    ip netns exec "$(namespace_of "$from")" python3 "$program" send "$(address_of "$to")" "$seconds" "$stream_port" ||
        die 1 "no stream could be sent from $1 to $2; is one of them cut off?"
    read -r result <&8 || die 1 "the stream from $1 to $2 broke off."
    printf '%s\n' "$result"
}
