#!/bin/sh
# "make run": an anvil by hand under ./var, and a live exchange with it.
set -eu

socket=var/anvil.sock
./build/anvil --listen "unix:$socket" &
anvil=$!
trap 'set +e; kill $anvil 2>/dev/null; wait $anvil 2>/dev/null; exit 0' INT TERM
until [ -S "$socket" ]; do
	kill -0 $anvil 2>/dev/null || exit 1
	sleep 0.1
done

ask() {
	echo "\$ ./build/ostler anvil -s $socket $*"
	./build/ostler anvil -s "$socket" "$@" | sed 's/^/  /'
}
cat <<END
anvil serves on $socket, as any Postfix client of private/anvil would find it.
An SMTP server tells it of each client, and is told how busy that client is:

END
ask connect smtp:192.0.2.1
ask message smtp:192.0.2.1
ask message smtp:192.0.2.1
ask recipient smtp:192.0.2.1
ask lookup smtp:192.0.2.1
cat <<END

Ask it yourself from another terminal. Ctrl-C ends it.
END
wait $anvil
