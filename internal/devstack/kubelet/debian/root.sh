#!/usr/bin/env bash
# root.sh DIRECTORY PACKAGE...
#
# Makes a root file system of Debian packages and of all that they depend on, without installing anything on this machine:
# an apt-get with lists, cache and status of its own fetches the packages, and they are unpacked without running their
# scripts. It needs apt-get, dpkg-deb and Debian's keyring, but neither root nor the same release of Debian. The archive is
# the one that this machine installs from, or DEBIAN_MIRROR.
set -euo pipefail

root=$1; shift
release=bookworm
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep --max-count=1 --extended-regexp '/debian/?$' || true)}
if [ -z "$mirror" ]; then
	echo "Debian's archive is not among the package sources of this machine: set DEBIAN_MIRROR to the URL of a mirror." >&2
	exit 1
fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mkdir -p "$(dirname "$root")"
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
work=$(cd "$work" && pwd)
apt=$work/apt new=$work/root
mkdir -p "$apt"/{lists/partial,archives/partial,parts} "$new"

: > "$apt/status"
echo "deb [signed-by=$keyring] $mirror $release main" > "$apt/sources.list"
get() {
	apt-get -qq \
		-o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" \
		-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/parts" \
		-o Dir::Etc::Preferences="$apt/preferences" -o Dir::Etc::PreferencesParts="$apt/parts" \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}
get update
# The status says that nothing is installed, so that whatever the packages need is fetched as well.
get install --yes --no-install-recommends --download-only "$@"

# Packages of this release still have files in /bin, /lib and so on, which are links wherever Debian is installed.
mkdir -p "$new"/usr/{bin,sbin,lib,lib64} "$new"/{dev,etc,opt,proc,root,run,sys,tmp,var/lib}
for name in bin sbin lib lib64; do ln -s "usr/$name" "$new/$name"; done
for package in "$apt"/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar --extract --directory="$new" --keep-directory-symlink --no-same-owner \
		--exclude='./usr/share/doc/*' --exclude='./usr/share/info/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/man/*'
done
echo 'root:x:0:0:root:/root:/bin/sh' > "$new/etc/passwd"
echo 'root:x:0:' > "$new/etc/group"
echo 'hosts: files dns' > "$new/etc/nsswitch.conf"
echo '127.0.0.1 localhost' > "$new/etc/hosts"

rm -rf "$root"
mv "$new" "$root"
