#!/bin/sh
set -e
if [ "$1" = purge ]; then
    deb-systemd-helper purge @UNIT@ >/dev/null || true
fi
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
fi
