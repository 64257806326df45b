#!/usr/bin/python3
"""Runs lab tests on Debian's own kernel, in QEMU: the one with ESP in the kernel, whatever kernel is outside.

    tests/guest/lab.py BUILD_DIR [pytest arguments]

Without arguments: every test of tests/lab that is marked `kernel_esp` or `guest`. One boot; needs no root
(GUEST_ACCEL=kvm where that works; GUEST_TIMEOUT in seconds). The guest's system is made of the packages that are installed here, as a disk image,
without mounts; libreswan, which cannot be installed beside strongSwan, is only unpacked into it. Downloads and the image are kept in BUILD_DIR/guest.
Results: BUILD_DIR/guest/results/junit.xml and output. Exit status as pytest's; 77 where something is missing. Without libreswan, if it
cannot be downloaded, its tests are skipped and say so.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = ("qemu-system-x86_64", "busybox", "cpio", "depmod", "mke2fs", "nft")
PACKAGES = """bash coreutils grep sed tar util-linux mount kmod procps iproute2 nftables iputils-ping iputils-arping
python3 python3-pytest python3-pytest-xdist python3-scapy tcpdump charon-systemd libcharon-extra-plugins libstrongswan-extra-plugins
libstrongswan-standard-plugins frr libmnl0 libnftables1 libsystemd0 libseccomp2 libssl3 libjansson4 libcap2 libcrypt1 netbase
libpam-modules libpam-runtime""".split()
LEFT_OUT = ("perl", "systemd", "logrotate", "lsof", "debconf", "dpkg", "adduser", "init-system-helpers")
# Its own list, not a closure: most of what libreswan depends on is for features that no test uses.
LIBRESWAN = """libreswan libnss3 libnss3-tools libnspr4 libunbound8 libldns3 libevent-2.1-7 libevent-core-2.1-7
libevent-pthreads-2.1-7 libcurl3-nss libldap-2.5-0 libsasl2-2 libcap-ng0 librtmp1 libssh2-1 libnghttp2-14 libpsl5 libbrotli1
libprotobuf-c1 libhogweed6 libnettle8 libgmp10 libgnutls30 libaudit1 libselinux1 libpam0g libsqlite3-0 dns-root-data""".split()
MODULES = """kernel/crypto kernel/lib kernel/arch/x86/crypto kernel/fs/ext4 kernel/fs/jbd2 kernel/fs/mbcache.ko kernel/drivers/virtio
kernel/drivers/block/virtio_blk.ko kernel/net/core kernel/net/ipv4 kernel/net/ipv6 kernel/net/xfrm kernel/net/key kernel/net/bridge
kernel/net/802 kernel/net/llc kernel/net/netfilter kernel/net/sched kernel/net/packet kernel/drivers/net/veth.ko
kernel/drivers/net/macvlan.ko kernel/drivers/net/tun.ko kernel/drivers/net/dummy.ko kernel/drivers/net/vrf.ko""".split()
INITRD_INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for m in virtio_pci virtio_blk ext4; do /bin/busybox modprobe $m; done
while [ ! -b /dev/vda ] || [ ! -b /dev/vdb ] || [ ! -b /dev/vdc ]; do /bin/busybox sleep 0.05; done
/bin/busybox mount -t ext4 -o ro /dev/vda /root
/bin/busybox mount -t ext4 -o ro /dev/vdb /root/hotswan
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /hotswan/init
"""
INIT = """#!/bin/bash
export PATH=/usr/bin:/usr/sbin:/bin:/sbin PYTHONDONTWRITEBYTECODE=1 HOME=/root LANG=C.UTF-8 HOTSWAN_BUILD=/hotswan/build
export HOTSWAN_LAB_SLOW=3
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for d in /run /tmp /var /root; do mount -t tmpfs tmp $d; done
mkdir -p /dev/net /dev/shm /run/netns /run/lock /var/tmp /var/run /tmp/results
mount -t tmpfs shm /dev/shm
for m in veth macvlan tun bridge af_packet xfrm_user esp4 esp6 nf_tables nft_ct nft_fib_inet nft_log nfnetlink_log dummy; do
	modprobe $m 2>/dev/null
done
echo 1 >/proc/sys/kernel/printk
ip link set lo up
cd /hotswan
# shellcheck disable=SC1091
. /hotswan/arguments
python3 -m pytest -p no:cacheprovider --junitxml /tmp/results/junit.xml "${arguments[@]}" 2>&1 | tee /tmp/results/output
echo "${PIPESTATUS[0]}" >/tmp/results/status
tar -cf /dev/vdc -C /tmp results
sync
poweroff -f 2>/dev/null || echo o >/proc/sysrq-trigger
sleep 60
"""


def output(*argv, **more):
    """Standard output of a command that must not fail."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def skip(why):
    """Say what is missing and leave."""
    print(f"guest: skipped: {why}")
    sys.exit(77)


def closure():
    """The installed packages that PACKAGES need, themselves included."""
    rows = (line.split("\t") for line in output("dpkg-query", "-W", "-f", "${Package}\t${Provides}\t${Depends}, ${Pre-Depends}\n").splitlines())
    depends, provides = {}, {}
    for package, provided, needed in rows:
        depends[package] = needed
        for name in filter(None, (word.split("(")[0].strip() for word in provided.split(","))):
            provides[name] = package
    missing = [package for package in PACKAGES if package not in depends]
    if missing:
        skip(f"not installed: {' '.join(missing)}")
    found, todo = set(), list(PACKAGES)
    while todo:
        package = todo.pop()
        if package in found or package.startswith(LEFT_OUT):
            continue
        found.add(package)
        for group in depends[package].split(","):
            for name in (word.split("(")[0].split(":")[0].strip() for word in group.split("|")):
                name = name if name in depends else provides.get(name)
                if name:
                    todo.append(name)
                    break
    return sorted(found)


def copy(path, root):
    """A file, link or directory to its place below root, whatever links lead there; its compiled Python with it."""
    parent = os.path.realpath(os.path.dirname(path))
    to = root + os.path.join(parent, os.path.basename(path))
    if os.path.lexists(to) or not os.path.lexists(path):
        return
    if os.path.isdir(path) and not os.path.islink(path):
        os.makedirs(to, exist_ok=True)
        return
    os.makedirs(root + parent, exist_ok=True)
    if not (os.path.islink(path) or os.path.isfile(path)):
        return
    shutil.copy2(path, to, follow_symlinks=False)
    target = os.path.realpath(path)
    if os.path.islink(path) and target.startswith(("/usr/", "/etc/alternatives")):
        copy(target, root)
        if os.readlink(path).startswith("/etc/alternatives/"):
            copy(os.readlink(path), root)
    cached = os.path.join(os.path.dirname(path), "__pycache__")
    if path.endswith(".py") and os.path.isdir(cached):
        for compiled in glob.glob(os.path.join(cached, os.path.basename(path)[:-3] + ".*.pyc")):
            os.makedirs(root + cached, exist_ok=True)
            shutil.copy2(compiled, root + compiled)


def fill(root, packages):
    """The guest's system: the files of the packages, at their places."""
    for folder in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "proc", "sys", "dev", "run", "tmp", "var", "root", "etc", "hotswan", "mnt"):
        os.makedirs(os.path.join(root, folder))
    for name in ("bin", "sbin", "lib", "lib64"):
        os.symlink(f"usr/{name}", os.path.join(root, name))
    for path in output("dpkg-query", "-L", *packages).splitlines():
        if path.startswith("/") and not path.startswith(("/usr/share/doc", "/usr/share/man", "/usr/share/locale", "/usr/share/info", "/boot", "/var", "/run", "/proc", "/sys", "/dev")):
            copy(path, root)
    for path in ("/etc/passwd", "/etc/group", "/etc/ld.so.conf", "/etc/shells", "/etc/nsswitch.conf", "/usr/bin/sh", "/usr/bin/python3", "/usr/bin/awk", "/usr/bin/which"):
        copy(path, root)
    with open(os.path.join(root, "etc/hosts"), "w", encoding="ascii") as hosts:
        hosts.write("127.0.0.1 localhost\n")
    for name in ("frr", "other"):                                       # vtysh asks PAM; nobody else is in there
        with open(os.path.join(root, "etc/pam.d", name), "w", encoding="ascii") as pam:
            pam.write("auth sufficient pam_permit.so\naccount sufficient pam_permit.so\n")


def download(work, *wanted):
    """Exit status of tests/guest/download."""
    return subprocess.run([os.path.join(ROOT, "tests/guest/download"), work, *wanted], check=False).returncode


def add_libreswan(root, work):
    """libreswan and the libraries that only it needs; what is there already stays."""
    unpacked = os.path.join(work, "libreswan")
    shutil.rmtree(unpacked, ignore_errors=True)
    for package in LIBRESWAN:
        for deb in glob.glob(os.path.join(work, "packages", f"{package}_*.deb")):
            subprocess.run(["dpkg-deb", "-x", deb, unpacked], check=True)
    for here, folders, files in os.walk(unpacked):
        inside = os.path.relpath(here, unpacked)
        if inside.startswith(("usr/share/doc", "usr/share/man", "usr/share/locale")):
            folders.clear()
            continue
        to = os.path.realpath(os.path.join(root, inside))
        os.makedirs(to, exist_ok=True)
        for name in files:
            if not os.path.lexists(os.path.join(to, name)):
                shutil.copy2(os.path.join(here, name), os.path.join(to, name), follow_symlinks=False)


def add_modules(root, kernel, names=MODULES):
    """Kernel modules and their index."""
    release = os.path.basename(glob.glob(os.path.join(kernel, "lib/modules/*"))[0])
    source, to = (os.path.join(top, "lib/modules", release) for top in (kernel, root))
    os.makedirs(to, exist_ok=True)
    for name in (*names, "modules.order", "modules.builtin", "modules.builtin.modinfo"):
        path = os.path.join(source, name)
        if os.path.isdir(path):
            shutil.copytree(path, os.path.join(to, name))
        elif os.path.exists(path):
            os.makedirs(os.path.dirname(os.path.join(to, name)), exist_ok=True)
            shutil.copy2(path, os.path.join(to, name))
    subprocess.run(["depmod", "-b", root, release], check=True)


def make_image(path, root, spare=16):
    """A file system image with the contents of a directory, without a mount."""
    megabytes = int(output("du", "-sm", "--apparent-size", root).split()[0]) * 5 // 4 + spare
    if os.path.exists(path):
        os.unlink(path)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", root, path, f"{megabytes}m"], check=True)


def make_base(work, packages, libreswan):
    """The image of the system; made anew only when a package, the kernel, this file or what could be downloaded changed."""
    versions = output("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages)
    kernel = os.path.join(work, "kernel")
    with open(__file__, "rb") as own:
        state = hashlib.sha256(own.read() + versions.encode() + repr((os.listdir(kernel + "/boot"), libreswan)).encode()).hexdigest()
    stamp, image = os.path.join(work, "base.stamp"), os.path.join(work, "base.img")
    if os.path.exists(image) and os.path.exists(stamp) and open(stamp, encoding="ascii").read() == state:
        return image
    root = os.path.join(work, "system")
    shutil.rmtree(root, ignore_errors=True)
    fill(root, packages)
    if libreswan:
        add_libreswan(root, work)
    add_modules(root, kernel)
    subprocess.run(["ldconfig", "-r", root], check=True)
    make_image(image, root)
    shutil.rmtree(root)
    with open(stamp, "w", encoding="ascii") as file:
        file.write(state)
    return image


def make_initrd(work):
    """The first root: finds the disks and goes on there."""
    root = os.path.join(work, "initrd.d")
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("bin", "proc", "dev", "root"):
        os.makedirs(os.path.join(root, folder))
    shutil.copy2(shutil.which("busybox"), os.path.join(root, "bin/busybox"))
    add_modules(root, os.path.join(work, "kernel"), ("kernel/fs/ext4", "kernel/fs/jbd2", "kernel/fs/mbcache.ko", "kernel/drivers/virtio",
                                                     "kernel/drivers/block/virtio_blk.ko", "kernel/lib", "kernel/crypto"))
    with open(os.path.join(root, "init"), "w", encoding="ascii") as init:
        init.write(INITRD_INIT)
    os.chmod(os.path.join(root, "init"), 0o755)
    image = os.path.join(work, "first.gz")
    with open(image, "wb") as out:
        subprocess.run(f"cd '{root}' && find . | cpio -o -H newc --quiet | gzip -1", shell=True, check=True, stdout=out)
    return image


def make_tree(work, build, arguments, lacks):
    """The image of the project: its tests and its programs, what is to be run, and what the tests must do without."""
    root = os.path.join(work, "tree")
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("lab", "tests/lab", "tests/guest", "packaging/frr", "packaging/bird"):
        if os.path.isdir(os.path.join(ROOT, folder)):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(root, folder), ignore=shutil.ignore_patterns("__pycache__"))
    for program in ("src/daemon/hotswand", "src/shell/hotswan"):
        os.makedirs(os.path.dirname(os.path.join(root, "build", program)))
        shutil.copy2(os.path.join(build, program), os.path.join(root, "build", program))
    words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in arguments)
    with open(os.path.join(root, "arguments"), "w", encoding="utf-8") as file:
        file.write(f"arguments=({words})\nexport HOTSWAN_GUEST_LACKS='{lacks}'\n")
    with open(os.path.join(root, "init"), "w", encoding="utf-8") as init:
        init.write(INIT)
    os.chmod(os.path.join(root, "init"), 0o755)
    subprocess.run(["/usr/bin/python3", "-m", "compileall", "-q", "-s", root, "-p", "/hotswan", os.path.join(root, "lab")], check=True)
    image = os.path.join(work, "tree.img")
    make_image(image, root)
    return image


def boot(work, disks, seconds):
    """Run the guest to its end; False when it did not come to it in time."""
    argv = ["qemu-system-x86_64", "-accel", os.environ.get("GUEST_ACCEL", "tcg"), "-cpu", "max", "-m", "3072", "-smp", "2",
            "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio",
            "-kernel", glob.glob(os.path.join(work, "kernel/boot/vmlinuz-*"))[0], "-initrd", make_initrd(work),
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off guest=lab"]
    for disk in disks:
        argv += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=seconds, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        print(f"guest: FAILED: no end within {seconds} s")
        return False


def main(argv):
    """Images, boot, results."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if len(argv) < 2:
        print(__doc__)
        return 2
    for tool in TOOLS:
        if not shutil.which(tool):
            skip(f"{tool} is missing")
    build = os.path.realpath(argv[1])
    work = os.path.join(build, "guest")
    os.makedirs(work, exist_ok=True)
    status = download(work, "kernel")
    if status:
        return status
    arguments = argv[2:] or ["-q", "-m", "kernel_esp or guest", "-n", "2", "tests/lab"]
    result = os.path.join(work, "results.img")
    with open(result, "wb") as file:
        file.truncate(64 << 20)
    shutil.rmtree(os.path.join(work, "results"), ignore_errors=True)
    libreswan = download(work, *LIBRESWAN) == 0
    disks = [make_base(work, closure(), libreswan), make_tree(work, build, arguments, "" if libreswan else "libreswan"), result]
    if not boot(work, disks, int(os.environ.get("GUEST_TIMEOUT", "1500"))):
        return 1
    subprocess.run(["tar", "-xf", result, "-C", work], check=True)
    with open(os.path.join(work, "results/status"), encoding="ascii") as file:
        return int(file.read())


if __name__ == "__main__":
    sys.exit(main(sys.argv))
