"""What well-known programs, files and ports are: general knowledge that a sentence may use of what the alert names.

Nouns, and what a program does by its manual; never that it was done here with success.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PROGRAMS = """
apache2|httpd: Apache web server, HTTP service, web application
nginx|caddy|lighttpd: web server, HTTP service, proxy, web application
php-fpm|php: PHP interpreter, web application, web service, web server process, worker
java|tomcat|catalina: Java application, Java virtual machine, service, runtime, application server
python|python2|python3: Python interpreter, script
perl|ruby|lua: script interpreter
node|nodejs: Node.js application, JavaScript runtime, web service
dotnet: .NET runtime, NET application
postgres: PostgreSQL database server, database service
mysqld|mariadbd: MySQL database server, database service
redis-server|redis-cli: Redis database, cache
bash|sh|dash|zsh|ash|ksh|busybox: shell, command interpreter, shell script, scripting
sudo: sudo, privileged command on behalf of an account
su: change of account
sshd: SSH server, SSH session, SSH daemon, remote log-in service
ssh|scp|sftp: SSH client, SSH connection, secure shell
systemd|init|tini: service manager, init system, operating system, main process
cron|crond: job scheduler, cron
containerd-shim|runc|crun|conmon|dockerd|containerd: container runtime, shim, container engine
kubelet: Kubernetes node agent
kubectl: Kubernetes client, cluster tool
falcoctl: Falco's tool, driver installer
insmod|modprobe: kernel module loader tool, driver loading utility
logrotate: log rotation tool, routine rotation, operating system maintenance
rsyslogd|journald|syslogd: log service, logging daemon
rsync|rsnapshot: file transfer and backup tool, synchronisation
rsyncd|xinetd|inetd: network service, superserver, socket
pgbackrest: PostgreSQL backup and archive tool, WAL segment, write-ahead log
git: version control, source code
curl|wget: HTTP client, download tool, web request, query, URL
nc|ncat|netcat: netcat network tool, network utility, network connection
find|grep|rg: search tool, search utility
cat|less|more|head|tail|vim|vi|nano: viewer, text tool, views the file, displays
ln: link tool
rm|shred|mkfs|wipefs: deletion tool, wiping tool, overwriting, overwrite pass
gdb|strace|ltrace: debugger, tracing tool, debugging
createdump: crash dump tool, crash handler, memory dump of a crashed application
debugfs: file system debugger, ext4 tool, direct access to the block device
chroot: change of the root directory, file system of the host
apt-get|apt|dpkg|yum|dnf|rpm|apk: package manager, package installation, update
make|gcc|cc: build tool, compiler
speaker: MetalLB, load balancer, routing component
xmrig|kworkerds|kdevtmpfsi|kinsing: miner, cryptocurrency mining
"""
_TEXTS = """
/etc/shadow: password file, password hashes of the local accounts, sensitive file, credentials
/etc/passwd: list of the local accounts, account file
/etc/sudoers: sudo rights
/etc/pam: authentication configuration, PAM
auth\\.log|/secure\\b: authentication log, log-ins, logins, system log
syslog|/var/log/messages: system log
/var/log: log file, log directory
id_(?:rsa|ed25519|ecdsa|dsa)|BEGIN .*PRIVATE: private key, SSH key, key file
\\.aws: AWS credentials, cloud keys, access key
(?i:aws_(?:access|secret)): AWS credentials, cloud keys, access key
serviceaccount/token: service account token, Kubernetes API credential, access to the Kubernetes API
/dev/tcp/: built-in network feature of bash, network connection, redirection
/dev/(?:sd|nvme|vd|xvd): block device, disk, system disk
release_agent: cgroup file, container escape technique
/var/www|/public_html|/htdocs: web root, web directory, website, served by a web server
/uploads?/: upload directory
overlay2|/snapshots/: image layer, container layer, overlay file system
\\.\\./: relative path sequence, path traversal, directory traversal
\\.sh\\b: script, shell script
\\.ko\\b: kernel module, driver file
\\.so\\b: shared library, library injection
\\.jar\\b: Java archive, Java application
donate-level|stratum|--coin: miner, mining pool, cryptocurrency mining, coin mining
\\bnc\\b.* -[a-z]*e: reverse shell, remote shell, shell over the network, hands a shell to the connection, connect-back
bash -i|/dev/tcp: reverse shell, interactive shell over the network
\\bssh\\b.* -\\w*R: reverse tunnel, remote port forward, forwards a remote port back, tunnel
StrictHostKeyChecking=no: host key check disabled, switched off, verification of the host key
--leader-elect: leader election, controller flag
/secrets\\b: secrets endpoint, secrets
/version\\b: version endpoint
\\s[|]\\s: pipe, piped into
memfd: memory file, exists only in memory, fileless, in memory
AF_PACKET: raw packet socket, network traffic, raw network access, Ethernet frames
"""
_PORTS = """
22: SSH
53: DNS
80: HTTP, web
443: HTTPS, TLS, standard web port
873: rsync
2049: NFS
3306: MySQL
5432: PostgreSQL
6379: Redis
6443: Kubernetes API
8080: HTTP
8443: HTTPS
4444: listener of shells
"""
_SERVICE_ACCOUNT = re.compile(
    r"www-data|apache|nginx|httpd|tomcat|postgres|mysql|redis|elastic|daemon|nobody|www|jenkins"
)


def _table(text: str) -> list[tuple[str, str]]:
    return [(key, words) for key, _, words in (line.rpartition(": ") for line in text.strip().splitlines())]


_BY_PROGRAM = {name: words for names, words in _table(_PROGRAMS) for name in names.split("|")}
_BY_TEXT = [(re.compile(pattern), words) for pattern, words in _table(_TEXTS)]
_BY_PORT = dict(_table(_PORTS))


def described(programs: set[str], texts: str, ports: set[str], user: str | None) -> Iterator[str]:
    """Descriptions of what an alert names.

    Args:
        programs: names of the process, its ancestors and the programs of its command line.
        texts: command lines, paths and arguments, joined.
        ports: port numbers.
        user: the account.
    """
    for program in sorted(programs):
        name = program if program in _BY_PROGRAM else re.sub(r"[\d.]+$", "", program)
        if words := _BY_PROGRAM.get(name):
            yield f"{words}."
    for pattern, words in _BY_TEXT:
        if pattern.search(texts):
            yield f"{words}."
    for port in sorted(ports & _BY_PORT.keys()):
        yield f"{_BY_PORT[port]}, standard port, well-known port, normally used."
    if user and _SERVICE_ACCOUNT.fullmatch(user):
        yield "service account, system account, account of a service, daemon account."
