#!/usr/bin/env bash
# flow-image.sh DIRECTORY REQUIREMENTS FILE...
#
# Makes the root file system of an image for flow runs, as prefecthq/prefect:1.4.1 is one: Debian's Python 3.11, Prefect
# with the hash-pinned requirements, and the flows' files in /opt/prefect/flows. The Python packages are installed by
# the image's own interpreter, so none of this machine is needed. Compiling what a flow run imports takes root.
set -euo pipefail

image=$1 requirements=$2; shift 2
bash "$(dirname "$0")/root.sh" "$image" python3.11 python3-pip-whl tini dash coreutils
image=$(cd "$image" && pwd)

libraries=$(echo "$image"/usr/lib/*-linux-gnu)
loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' -print -quit)
pip=$(echo "$image"/usr/share/python-wheels/pip-*.whl)
packages=$image/usr/local/lib/python3.11/dist-packages
PYTHONHOME=$image/usr "$loader" --library-path "$libraries" "$image/usr/bin/python3.11" "$pip/pip" install \
	--quiet --no-compile --no-deps --only-binary=:all: --require-hashes --root-user-action=ignore \
	--target "$packages" --requirement "$requirements"
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
