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

"$node" "$root/bin/modelyard.js" serve "$root/examples/models" --port 8080 --data "$data" > "$data/out" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for model in mnist read-text voice-activity; do
  for _ in $(seq 2000); do
    curl -sf "http://127.0.0.1:8080/v2/models/$model/ready" > /dev/null && break
    sleep 0.1
  done
done
before=$(sent)
ask() { curl -sf --data-binary "@$root/examples/models/$2" "http://127.0.0.1:8080/models/$1"; }
digit=$(ask mnist mnist/seven.png)
text=$(ask read-text read-text/line.png)
voice=$(ask voice-activity voice-activity/speech.wav)
# Two frames of one stream through the protocol, whose state the server carries.
frame() {
  local zeros
  zeros=$(printf '0,%.0s' $(seq 575))0
  curl -sf -d "{\"parameters\":{\"sequence_id\":7,$1},\"inputs\":[{\"name\":\"input\",\"shape\":[1,576],\"datatype\":\"FP32\",\"data\":[$zeros]}]}" \
    http://127.0.0.1:8080/v2/models/voice-activity/infer
}
first=$(frame '"sequence_start":true')
second=$(frame '"sequence_end":true')
for page in / /docs /metrics /models /v2; do curl -sfL "http://127.0.0.1:8080$page" > /dev/null; done
# Telemetry that is sent in the background would be sent by now.
sleep 3
kill -TERM $server
wait $server || true
after=$(sent)
# The counter counts: a packet that somebody does send is seen.
curl -s --max-time 1 http://192.0.2.1/ > /dev/null || true
echo "{\"before\": $before, \"after\": $after, \"control\": $(sent),
  \"digit\": $digit, \"text\": $text, \"voice\": $voice, \"frames\": [$first, $second]}" | tr -d '\n'
