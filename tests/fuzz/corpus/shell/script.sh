#!/bin/bash
set -e
for f in /etc/*; do stat "$f" || true; done
crictl inspect "$(crictl ps -q | head -1)" | jq '.status'
cat <<EOT
setenforce 0
EOT
if [ -f /tmp/x ]; then iptables -F; fi
