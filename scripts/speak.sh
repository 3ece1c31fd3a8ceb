#!/bin/sh
# Makes examples/models/voice-activity/speech.wav: silence, a sentence, silence, another one (Debian: espeak-ng, sox).
set -eu
out=$1
tmp=$(mktemp -d)
espeak-ng -v en-us -s 165 -w "$tmp/a.wav" "This is somebody speaking."
espeak-ng -v en-us -s 165 -w "$tmp/b.wav" "And again."
sox "$tmp/a.wav" -r 8000 -c 1 -b 16 "$tmp/a8.wav" pad 0.5 0.8
sox "$tmp/b.wav" -r 8000 -c 1 -b 16 "$tmp/b8.wav" pad 0 0.5
sox "$tmp/a8.wav" "$tmp/b8.wav" "$out"
rm -r "$tmp"
