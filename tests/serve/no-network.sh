#!/bin/bash
# Runs inside `unshare --net`: a network with no way out, but with an interface that looks like one, so that every packet
# that the server sends anywhere is counted. Prints JSON lines. Arguments: node, repository, data folder.
set -eu
node=$1 root=$2 data=$3
ip link set lo up
ip link add out0 type veth peer name out1
for side in out0 out1; do echo 1 > "/proc/sys/net/ipv6/conf/$side/disable_ipv6"; done
ip link set out1 up
ip link set out0 arp off up
ip addr add 198.51.100.2/24 dev out0
ip route add default via 198.51.100.1
sent() { ip -s -j link show out0 | sed 's/.*"tx":{[^}]*"packets":\([0-9]*\).*/\1/'; }

"$node" "$root/bin/modelyard.js" serve "$root/examples/models/mnist" --port 8080 --data "$data" > "$data/out" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 200); do
  curl -sf http://127.0.0.1:8080/v2/models/mnist/ready > /dev/null && break
  sleep 0.1
done
before=$(sent)
answer=$(curl -sf --data-binary "@$root/examples/models/mnist/seven.png" http://127.0.0.1:8080/models/mnist)
for page in / /docs /metrics /models /v2; do curl -sfL "http://127.0.0.1:8080$page" > /dev/null; done
# Telemetry that is sent in the background would be sent by now.
sleep 3
kill -TERM $server
wait $server || true
after=$(sent)
# The counter counts: a packet that somebody does send is seen.
curl -s --max-time 1 http://192.0.2.1/ > /dev/null || true
echo "{\"before\": $before, \"after\": $after, \"control\": $(sent), \"answer\": $answer}"
