# What a host has, a fact on a line. A reset brings it back to what it was.
set -eu
dpkg-query --show --showformat 'package ${Package} ${Version}\n'
ip -o link | sed -E 's/^[0-9]+: ([^@:]+).*/interface \1/'
ip route | sed 's/^/route /'
nft list ruleset 2>/dev/null | sed -En 's/.*(chain|jump|table) (.*(KUBE|kube|CNI|FLANNEL)[^ ]*).*/filter \1 \2/p'
findmnt --raw --noheadings --output TARGET | sort -u | sed 's/^/mount /'
systemctl list-unit-files --no-legend --state=enabled | sed -E 's/^(\S+).*/enabled \1/'
ps -e -o comm= | grep -E 'containerd|coredns|etcd|flannel|kube|manager|nginx|registry' | sed 's/^/process /'
# Not of interest: what the package manager and logging keep about the past, empty directories, and the
# page in /var/www, which Debian's nginx leaves to the administrator.
find /etc /opt /srv /usr/local /var -xdev ! -type d \
  ! -path '/srv/bundle/*' ! -path '/var/cache/*' ! -path '/var/lib/apt/*' ! -path '/var/lib/dpkg/*' \
  ! -path '/var/lib/systemd/*' ! -path '/var/log/apt/*' ! -path '/var/log/journal/*' \
  ! -path /var/log/dpkg.log ! -path '/var/www/*' ! -path '/var/log/wtmp*' -printf 'file %p\n'
