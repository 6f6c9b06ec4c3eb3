# What a host has, a fact on a line. A reset brings it back to what it was.
set -eu
dpkg-query --show --showformat 'package ${Package} ${Version}\n'
ip -o link | awk -F': ' '{print "interface", $2}'
ip route | sed 's/^/route /'
findmnt --raw --noheadings --output TARGET | sed 's/^/mount /'
find /etc /opt /run /srv /usr/local /var/lib /var/log -xdev -maxdepth 2 | sed 's/^/path /'
systemctl list-unit-files --no-legend --state=enabled | awk '{print "enabled", $1}'
ps -e -o comm= | sort -u | sed 's/^/process /'
