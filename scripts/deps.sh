#!/bin/sh
# Installs what the tests compare with, on Debian, as root: a stock Postfix and
# pflogsumm. It changes nothing where they are there already.
set -eu

missing=
command -v /usr/sbin/postconf >/dev/null || missing="$missing postfix"
command -v pflogsumm >/dev/null || missing="$missing pflogsumm"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "The tests need$missing: please install (apt-get install$missing)." >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# A package that starts a mail server by itself would be a surprise.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing >/dev/null </dev/null
