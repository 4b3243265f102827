#!/usr/bin/env bash
# download.sh VERSION DIRECTORY: puts the control plane's programs of a Kubernetes release into a directory.
#
# It fails at once, and says why, where no checksum is pinned for the version and this machine, or the host cannot be reached:
# whoever calls it then compiles them. KUBERNETES_DOWNLOADS is the host, KUBERNETES_CHECKSUMS the file of checksums.
set -euo pipefail

version=$1 directory=$2
host=${KUBERNETES_DOWNLOADS:-https://dl.k8s.io}
checksums=${KUBERNETES_CHECKSUMS:-$(dirname "$0")/checksums.txt}
programs=(kube-apiserver kube-controller-manager kube-scheduler)

stop() { echo "    no download of Kubernetes $version: $1" >&2; exit 1; }

machine=$(uname -m)
case $machine in x86_64) machine=amd64 ;; aarch64) machine=arm64 ;; esac
platform=$(uname -s | tr '[:upper:]' '[:lower:]')-$machine
checksum=$(awk -v version="$version" -v platform="$platform" '$1 == version && $2 == platform { print $3 }' "$checksums")
[ -n "$checksum" ] || stop "no checksum is pinned for $platform"
command -v curl >/dev/null || stop "there is no curl"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive=$work/server.tar.gz
url=$host/v$version/kubernetes-server-$platform.tar.gz
# A host that cannot be reached, or delivers less than 200 kB a second, is slower than the compiler.
curl --fail --silent --show-error --location --connect-timeout 5 --speed-limit 200000 --speed-time 20 --output "$archive" "$url" 2>"$work/error" ||
	stop "$url: $(tail -n 1 "$work/error")"
actual=$( (sha512sum "$archive" 2>/dev/null || shasum -a 512 "$archive") | cut -d ' ' -f 1)
[ "$actual" = "$checksum" ] || stop "$url has the checksum $actual, and $checksum is pinned"

mkdir -p "$directory" "$work/programs"
tar -xzf "$archive" -C "$work/programs" --strip-components=3 "${programs[@]/#/kubernetes/server/bin/}" || stop "$url does not hold ${programs[*]}"
for program in "${programs[@]}"; do
	chmod 755 "$work/programs/$program"
	touch "$work/programs/$program" # newer than what this was made from
	cp -p "$work/programs/$program" "$directory/$program.new"
	mv "$directory/$program.new" "$directory/$program"
done
