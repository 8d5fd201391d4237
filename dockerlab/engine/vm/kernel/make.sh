#!/bin/sh
# Make the micro-VM's kernel: user-mode Linux from Debian's source, with what kernel.config names and nothing else.
#   make.sh FILE
# Needs root, apt, and bc bison flex gcc libc6-dev make xz-utils. The mirror is the machine's own, with the name of the
# release that has the source.
set -eu
here=$(dirname "$(realpath "$0")")
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first release whose kernel runs guests by seccomp, which makes a process start three times as fast. apt gets lists
# and sources of its own, so that the machine's stay as they are.
release=forky
. /etc/os-release
mirror=$(apt-get update --print-uris | sed -n "s|^'\(.*\)/dists/$VERSION_CODENAME/InRelease'.*|\1|p" | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$work/parts" "$work/lists/partial"
echo "deb [signed-by=$keyring] $mirror $release main" > "$work/parts/$release.list"
own() { "$@" -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/parts" -o "Dir::State::Lists=$work/lists"; }
own apt-get update
package=$(own apt-cache depends linux-source | sed -n 's/.*Depends: \(linux-source-.*\)/\1/p')
(cd "$work" && own apt-get download "$package")
dpkg-deb -x "$work"/*.deb "$work/package"

# Of the drivers, only what the configuration asks about: most of the source is for hardware.
mkdir "$work/linux"
tar xf "$work/package/usr/src/$package.tar.xz" -C "$work/linux" --strip-components=1 \
    --exclude='*/Documentation/*/*' --exclude='*/sound/*.[ch]' --exclude='*/drivers/gpu/*.[ch]' \
    --exclude='*/drivers/media/*.[ch]' --exclude='*/drivers/scsi/*.[ch]' --exclude='*/drivers/staging/*.[ch]' \
    --exclude='*/drivers/net/ethernet/*.[ch]' --exclude='*/drivers/net/wireless/*.[ch]' --exclude='*/tools/testing/*'
cd "$work/linux"
KCONFIG_ALLCONFIG=$here/kernel.config make ARCH=um allnoconfig
# An option that this Linux does not know, or that lacks what it depends on, is left out without a word.
missing=$(grep '^CONFIG_' "$here/kernel.config" | grep -vxFf .config || true)
if [ -n "$missing" ]; then
    echo "This kernel cannot have:" $missing >&2
    exit 1
fi
make ARCH=um -j"$(nproc)" linux
strip linux
cp linux "$target"
