#!/usr/bin/env bash
# flow-image.sh DIRECTORY REQUIREMENTS FILE...
#
# Makes the root file system of an image for flow runs, as prefecthq/prefect:1.4.1 is one: Debian's Python 3.11, Prefect
# with the hash-pinned requirements, and the flows' files in /opt/prefect/flows. The Python packages are installed by
# the image's own interpreter, so none of this machine is needed. Compiling what a flow run imports takes root.
#
# pendulum comes from Debian: the version that Prefect 1.4.1's clocks work with has no binary for Python 3.11 on PyPI, and
# nothing in the image could build one.
set -euo pipefail

image=$1 requirements=$2; shift 2
bash "$(dirname "$0")/root.sh" "$image" python3.11 python3-pip-whl python3-pendulum tini dash coreutils
image=$(cd "$image" && pwd)

libraries=$(echo "$image"/usr/lib/*-linux-gnu)
loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' -print -quit)
pip=$(echo "$image"/usr/share/python-wheels/pip-*.whl)
packages=$image/usr/local/lib/python3.11/dist-packages
wheels=$(mktemp)
trap 'rm -f "$wheels"' EXIT
pinned=$(sed -n 's/^pendulum==\([0-9.]*\).*/\1/p' "$requirements")
if [ ! -d "$image/usr/lib/python3/dist-packages/pendulum-$pinned.egg-info" ] && [ ! -d "$image/usr/lib/python3/dist-packages/pendulum-$pinned.dist-info" ]; then
	echo "Debian's pendulum is not the version $pinned that $requirements pins." >&2
	exit 1
fi
awk '/^[A-Za-z0-9]/ { skip = /^pendulum==/ } !skip' "$requirements" > "$wheels"
PYTHONHOME=$image/usr "$loader" --library-path "$libraries" "$image/usr/bin/python3.11" "$pip/pip" install \
	--quiet --no-compile --no-deps --only-binary=:all: --require-hashes --root-user-action=ignore \
	--target "$packages" --requirement "$wheels"
rm -r "$image/usr/share/python-wheels"
mv "$packages/bin" "$image/usr/local/bin"
sed -i '1s|.*|#!/usr/bin/python3.11|' "$image"/usr/local/bin/*

mkdir -p "$image/opt/prefect/flows"
cp "$@" "$image/opt/prefect/flows"

# An import leaves compiled modules behind, which the containers would otherwise make anew each time. It also shows that
# the image works.
env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --pid --fork --mount-proc="$image/proc" \
	chroot "$image" prefect execute flow-run --help > "$image/tmp/help"
rm "$image/tmp/help"
