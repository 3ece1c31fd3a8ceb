#!/bin/sh
# Makes examples/models/voice-activity/speech.wav: silence, a sentence, silence, another one (Debian: espeak-ng, sox).
set -eu
out=$1
tmp=$(mktemp -d)
espeak-ng -v en-us -s 165 -w "$tmp/a.wav" "This is somebody speaking."
espeak-ng -v en-us -s 165 -w "$tmp/b.wav" "And again."
sox "$tmp/a.wav" -r 16000 -c 1 -b 16 "$tmp/a16.wav" pad 0.4 0.6
sox "$tmp/b.wav" -r 16000 -c 1 -b 16 "$tmp/b16.wav" pad 0 0.3
sox "$tmp/a16.wav" "$tmp/b16.wav" "$out"
rm -r "$tmp"
