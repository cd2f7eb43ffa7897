#!/usr/bin/env bash
# The first steps in a new cloud, with the `openstack` command: an image, a network, a server, a volume and a floating
# IP; then all of it is deleted again. What the cloud answers 501 to it does not offer, and the steps go on with what it
# has.
#
#     make serve                                                              # in one terminal
#     export OS_CLIENT_CONFIG_FILE=$PWD/.state/clouds.yaml OS_CLOUD=jumpgate  # in another
#     bash examples/first-steps.sh
#
# Where servers really run, name a file that they can boot from (`first-steps.sh IMAGE`). With PING="ping -c 1", or how
# else an address can be tried from here, the server has to answer: at a floating IP where the cloud has any.
set -euo pipefail

name=first-steps-$$
folder=$(mktemp -d)
undo=() # what deletes the things that exist by now, the last one first

# Show each command before it runs, on standard error so that its output can go elsewhere.
openstack() {
    last="openstack $*"
    echo >&2
    echo "\$ $last" >&2
    command openstack "$@"
}

# Many commands, one a line, for one `openstack`: it starts once and needs one token. Its exit status tells nothing.
openstack_batch() {
    command openstack || true
}

# afterwards COMMAND...: delete a thing again when the steps are over, or when one fails.
afterwards() {
    undo=("$*" ${undo[@]+"${undo[@]}"})
}

clean_up() {
    rm -rf "$folder"
    [ ${#undo[@]} -gt 0 ] || return 0
    echo
    printf '$ openstack %s\n' "${undo[@]}"
    printf '%s\n' "${undo[@]}" | openstack_batch
    undo=()
}

# Clean up, and say at the very end which step it was that failed.
finish() {
    local status=$?
    clean_up
    [ "$status" = 0 ] || echo "FAILED: ${failure:-$last}" >&2
}
last=
failure=
trap finish EXIT

fail() {
    failure=$*
    exit 1
}

# offered COMMAND...: run it; its failure is an answer, "this cloud does not offer it", when it is a 501.
offered() {
    local refusal="$folder/refusal"
    if openstack "$@" 2> >(tee "$refusal" >&2); then
        return 0
    fi
    wait $!
    grep -qE '\b501\b|NotImplemented' "$refusal" || fail "openstack $*"
    echo "this cloud does not offer it: openstack $1 $2"
    return 1
}

# Delete the thing that was made last.
undo_last() {
    local command=${undo[0]}
    undo=("${undo[@]:1}")
    openstack $command
}

# until_status KIND NAME STATUS: ask until the thing has the status, for up to a minute.
until_status() {
    local status=
    for _ in {1..60}; do
        status=$(command openstack $1 show "$2" -f value -c status)
        [ "$status" != "$3" ] || { echo "$1 $2 is $status"; return 0; }
        sleep 0.5
    done
    fail "$1 $2 is $status, not $3"
}

# until_gone KIND NAME: ask until no such thing is listed, for up to a minute.
until_gone() {
    for _ in {1..60}; do
        [ -n "$(command openstack $1 list --name "$2" -f value -c ID)" ] || { echo "$1 $2 is gone"; return 0; }
        sleep 0.5
    done
    fail "$1 $2 is still there"
}

# until_answers ADDRESS: try an address until it answers, for up to half a minute.
until_answers() {
    for _ in {1..60}; do
        if $PING "$1" >/dev/null; then
            echo "$1 answers"
            return 0
        fi
        sleep 0.5
    done
    fail "$1 does not answer"
}

# The ids of all that the project has: ten lists, each below its head.
everything() {
    openstack_batch <<'LISTS'
server list -f csv -c ID
volume list -f csv -c ID
volume snapshot list -f csv -c ID
image list -f csv -c ID
network list -f csv -c ID
subnet list -f csv -c ID
port list -f csv -c ID
security group list -f csv -c ID
security group rule list -f csv -c ID
keypair list -f csv -c Name
LISTS
}

before=$(everything)
[ "$(grep -cE '^"(ID|Name)"' <<<"$before")" = 10 ] || fail "there are not ten lists: $before"

echo "== Who am I, and what is here?"
openstack token issue -f value -c expires -c project_id -c user_id
openstack catalog list

echo "== An image: ${1:-50 MiB of random bytes}, up and down again"
if [ $# -gt 0 ]; then
    cp "$1" "$folder/up.raw"
else
    head -c $((50 * 1024 * 1024)) /dev/urandom >"$folder/up.raw"
fi
if offered image create --disk-format raw --container-format bare --file "$folder/up.raw" "$name"; then
    image=$name
    afterwards image delete "$name"
    openstack image save --file "$folder/down.raw" "$name"
    cmp "$folder/up.raw" "$folder/down.raw"
    echo "the same bytes came back"
else
    openstack image list --public
    image=$(command openstack image list --public -f value -c ID | sed -n 1p)
fi

echo "== A network, and who may reach it"
network=auto
if offered network create "$name"; then
    network=$name
    afterwards network delete "$name"
    openstack subnet create --network "$name" --subnet-range 192.0.2.0/24 "$name"
    afterwards subnet delete "$name"
fi
openstack security group create "$name"
afterwards security group delete "$name"
openstack security group rule create --protocol tcp --dst-port 22 --remote-ip 203.0.113.0/24 "$name"
[ -z "${PING:-}" ] || openstack security group rule create --protocol icmp "$name"
if ! offered keypair create --private-key "$folder/key" "$name"; then
    ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
    openstack keypair create --public-key "$folder/key.pub" "$name"
fi
afterwards keypair delete "$name"

echo "== A server"
openstack flavor list --sort-column RAM
flavor=$(command openstack flavor list --sort-column RAM -f value -c Name | sed -n 1p)
if [ "$network" = auto ]; then nic=(--nic auto); else nic=(--network "$network"); fi
openstack server create --image "$image" --flavor "$flavor" "${nic[@]}" --security-group "$name" \
    --key-name "$name" --wait "$name"
afterwards server delete --wait "$name"
until_status server "$name" ACTIVE
openstack server list
address=192.0.2.
[ "$network" != auto ] || address=.
openstack server show "$name" -f value -c addresses | grep -F "$address" || fail "the server has no address"
offered console log show "$name" || true
external=$(command openstack network list --external -f value -c Name | sed -n 1p)
if [ -n "$external" ]; then
    # Not with grep -q, which would leave before the other end of the pipe has said all.
    if command openstack extension list --network -f value -c Alias | grep -x router >/dev/null; then
        openstack router create --external-gateway "$external" "$name"
        afterwards router delete "$name"
        openstack router add subnet "$name" "$name"
        afterwards router remove subnet "$name" "$name"
    fi
    openstack floating ip create "$external" -f value -c floating_ip_address >"$folder/floating"
    floating=$(<"$folder/floating")
    afterwards floating ip delete "$floating"
    openstack server add floating ip "$name" "$floating"
    [ -z "${PING:-}" ] || until_answers "$floating"
    openstack server remove floating ip "$name" "$floating"
elif [ -n "${PING:-}" ]; then
    until_answers "$(command openstack server show "$name" -f json | grep -oE '192\.0\.2\.[0-9]+')"
fi
openstack server stop "$name"
until_status server "$name" SHUTOFF
openstack server start "$name"
until_status server "$name" ACTIVE
openstack server reboot --wait "$name"
until_status server "$name" ACTIVE

echo "== A volume"
openstack volume create --size 1 "$name"
afterwards volume delete "$name"
until_status volume "$name" available
openstack server add volume "$name" "$name"
until_status volume "$name" in-use
openstack volume list
openstack server remove volume "$name" "$name"
until_status volume "$name" available
openstack volume snapshot create --volume "$name" "$name"
afterwards volume snapshot delete "$name"
until_status "volume snapshot" "$name" available
undo_last
until_gone "volume snapshot" "$name"

echo "== Delete it all"
clean_up
for _ in {1..20}; do
    after=$(everything)
    [ "$after" != "$before" ] || break
    sleep 0.5
done
diff <(echo "$before") <(echo "$after") || fail "something is left"
echo "nothing is left"
