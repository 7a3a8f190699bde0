# ruff: noqa: E501  (a table is read better whole)
"""How programs take secrets on their command line.

A row: programs, words that must have been said (behind ``~`` a regular expression of one), how. A convention is one of:
``-p`` (the next word, or what follows an equals sign), ``-p*`` (what is attached), ``-p+`` (both), ``-u:``
(``name:secret``, next or attached), ``-U%`` (``name%secret``), ``-u,`` (``name,secret``), ``-b;`` (the values of
``a=b; c=d``), ``#1`` (the first word without a dash after those that must have been said), ``#1:`` (that word's part
behind the colon), ``#1/`` (``name/secret@place``), ``#2..`` (that word and all behind it), ``=`` (the values of all
name=value words).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from explainer.redaction.wordsets import word_set


class Convention(NamedTuple):
    """What one program does with its words, once these were said."""

    said: tuple[str, ...]
    forms: tuple[str, ...]


_ROWS = r"""
mysql mariadb mysqldump mariadb-dump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlsh mysqlbinlog mysqlslap mycli xtrabackup mariabackup mydumper myloader pt-query-digest innobackupex | | -p* --password
mydumper myloader mycli pt-archiver pt-table-checksum | | -p+
redis-cli keydb-cli valkey-cli redis-benchmark iredis | | -a+ --pass
redis-cli keydb-cli valkey-cli | AUTH | #1..
redis-cli keydb-cli valkey-cli | auth | #1..
redis-cli keydb-cli valkey-cli | requirepass | #1
redis-cli keydb-cli valkey-cli | masterauth | #1
mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles bsondump | | -p+
cypher-shell neo4j-admin cqlsh clickhouse-client couchbase-cli cbq cbbackupmgr beeline hive impala-shell trino presto arangosh orientdb ksql snowsql exasol vsql nzsql bteq mclient monetdb ldbsearch elasticsearch-users elasticsearch-reset-password xtdb surreal | | -p+
neo4j-admin | set-initial-password | #1
couchbase-cli cbq | | -u:
sqlcmd bcp osql isql tsql isqlw mssql-cli sqsh fisql mssql-scripter defncopy | | -P+
isql iusql | | #3
sqlplus sqlldr expdp impdp exp imp rman sqlcl sql dgmgrl oraenv tnsping | | #1/
influx influxd | | -password -token -t
curl | | -u: -U: --user: --proxy-user: --pass --proxy-pass --tlspassword --oauth2-bearer -E: --cert: -b; --cookie;
wget wget2 aria2c | | --password --http-password --ftp-password --proxy-password --http-passwd --ftp-passwd
http https httpie xh xhs ht curlie hurl | | -a: --auth:
ab siege hey wrk vegeta | | -A: -P: -a: --auth:
ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami ldapcompare ldapmodrdn ldapexop ldapvc ldapurl ldappasswd ldbmodify | | -w+
ldappasswd | | -s+ -a+
dsconf dsidm dsctl dscreate ldclt | | -w+
ipa-server-install ipa-client-install ipa-replica-install ipa-replica-prepare ipa-dns-install | | -p+ -w+ -a+
kadmin kadmin.local kinit ktutil ktpass kpasswd | | -w+ -pw /pass
smbclient rpcclient smbget smbcacls smbtree net smbmount smbspool winexe wmic pth-winexe nmblookup samba-tool smbcquotas pth-smbclient sharesec | | -U% --user% --password
smbpasswd | | #2
crackmapexec netexec nxc cme evil-winrm smbmap enum4linux-ng enum4linux hydra medusa patator ncrack kerbrute bloodhound-python ldapdomaindump bloodyAD certipy pywerview wmiexec.py | | -p+ -H
evil-winrm xfreerdp wlfreerdp rdesktop freerdp | | -p+ /p: -H
psexec psexec.exe paexec winrs schtasks | | -p+ /p: /rp
runas cmdkey netsh winscp | | /pass: /password= key= /password:
plink pscp psftp putty kitty | | -pw
sshpass | | -p+
expect autoexpect | send | #1
ipmitool ipmi-config bmc-config ipmipower ipmi-sensors fence_ipmilan | | -P+ -p -Y
racadm redfishtool ilorest hponcfg idracadm7 onecli | | -p+
snmpwalk snmpget snmpset snmpbulkwalk snmptable snmptrap snmpinform snmpstatus snmpdf | | -c+ -A+ -X+
openssl | | -k -K -passin -passout -pass -hmac -macopt -passwd -psk -srppass
openssl | passwd | #1
git | | --password
docker podman nerdctl buildah skopeo crane oras regctl nerdctl finch img umoci | login | -p+ --password
skopeo buildah podman | | --creds: --src-creds: --dest-creds: --src-registry-token --dest-registry-token
ctr crictl nerdctl | | -u: --user: --creds: --auth
helm | login | -p+
oc | login | -p+ -t+
kubectl oc k3s kubectl.exe microk8s.kubectl | secret | --from-literal= --docker-password
kubectl oc | set-credentials | --password --token
kubectl oc | | --token --password
az | login | -p+
az | set | --value
az | | --account-key --sas-token --connection-string --admin-password --client-secret --password --secret
aws | | --secret-string --master-user-password --secret-access-key --password --auth-token --new-password --old-password --temporary-password --user-password --secret-hash --key-material
aws | put-parameter | --value
aws | aws_secret_access_key | #1
aws | aws_session_token | #1
aws | aws_access_key_id | #1
gcloud | | --password --root-password --access-token --secret
gh glab hub tea | | --with-token -t
gh | set | --body -b+
bundle bundler | set | #2:
glab | login | -t+ --token
vault bao | login | #1 =
vault bao | put | =
vault bao | patch | =
vault bao | write | =
vault bao | unseal | #1
vault bao | rekey | #1
vault bao | unwrap | #1
vault bao | lookup | #1
vault bao | revoke | #1
vault bao | renew | #1
consul nomad boundary waypoint | | -token
consul nomad | put | #2
etcdctl | | --user: --password
etcdctl | put | #2
rabbitmqadmin | | -p+ --password
rabbitmqctl | add_user | #2
rabbitmqctl | change_password | #2
rabbitmqctl | authenticate_user | #2
rabbitmqctl | set_parameter | --password
npm yarn pnpm bun lerna | | --otp --token --auth-token
npm yarn pnpm | _authToken | #1
npm yarn pnpm | _password | #1
npm yarn pnpm | _auth | #1
npm pnpm yarn | npmAuthToken | #1
pip pip3 pipx uv twine flit hatch | | -p+ --password --token -a
poetry | config | #2..
poetry | publish | -p+
cargo | login | #1
gem | | --key -k
nuget dotnet choco | | -ApiKey -k --api-key -Password -p
mvn gradle sbt ant | | --encrypt-password --encrypt-master-password -ep -emp
composer | config | #2..
rclone | obscure | #1
rclone | reveal | #1
rclone | | --password
rclone | pass | #1
rclone | password | #1
rclone | secret_access_key | #1
rclone | token | #1
rclone | client_secret | #1
restic borg duplicity kopia duplicacy rustic bupstash | | --password --passphrase -p
mc mcli | set | #3..
mc mcli | add | #3..
s3cmd s5cmd s4cmd gsutil b2 wasabi | | --secret_key --secret-key --secret --access_token
b2 | authorize-account | #2
b2 | authorize_account | #2
lftp ftp ncftp ncftpget ncftpput yafc | | -u, -p
ansible ansible-playbook ansible-pull ansible-vault | encrypt_string | #1
terraform tofu terragrunt packer pulumi | | --secret-value
pulumi | --secret | #2
sudo doas | | --password
chpasswd | | #1:
useradd usermod adduser pw luseradd | | -p+ --password
htpasswd | ~-\w*n\w*b\w*|-\w*b\w*n\w* | #2
htpasswd | ~-[a-mo-zA-Z]*b[a-mo-zA-Z]* | #3
htdigest mkpasswd grub-mkpasswd-pbkdf2 slappasswd doveadm | | -s -p+
mkpasswd wpa_passphrase | | #2
gpg gpg2 pgp age gpgsm | | --passphrase
cryptsetup veracrypt tcplay | | -p --password
zip unzip zipcloak | | -P+ --password
7z 7za 7zr 7zz rar unrar arj | | -p* -hp* -P
pdftk qpdf | | user_pw owner_pw input_pw --password --encrypt
steghide outguess openstego | | -p+ --passphrase
nmcli iw wpa_cli iwctl iwconfig | password | #1
nmcli | wifi-sec.psk | #1
nmcli | vpn.secrets | #1
iwconfig | key | #1
wg awg | private-key | #1
tailscale | | --authkey --auth-key
ngrok | authtoken | #1
ngrok | add-authtoken | #1
ngrok | | --authtoken
cloudflared | install | #1
k3s k0s rke2 | | -t+
kubeadm k3s rke2 rke k0s k3d microk8s talosctl minikube kubelet | | --token --certificate-key --agent-token
docker | join | --token
gitlab-runner gitlab-ci-multi-runner | | -r+ --registration-token --token
config.sh run.sh svc.sh | | --token --pat
vsts-agent agent.sh | | --token -token
splunk | | -auth: -password -remotePassword -secret
splunk | | --password
jenkins-cli jenkins-cli.jar java | | -auth:
java keytool jarsigner apksigner keytool.exe orapki signtool osslsigncode pk12util certutil | | -storepass -keypass -srcstorepass -deststorepass -srckeypass -destkeypass -pass -password -pwd -W -w -p /p
mosquitto_pub mosquitto_sub mosquitto_rr hivemq mqtt emqx_ctl | | -P+ -pw --pw --password
mosquitto_passwd | -b | #3
nats stan nsc kcat kafkacat kafka-configs.sh | | --password --token --creds
doctl | | -t+ --access-token
flyctl fly vercel vc netlify firebase heroku surge now railway render | | -t+ --token --auth --access-token
sentry-cli snyk codecov semgrep sonar-scanner fossa | | --auth-token --token -t
snyk | auth | #1
circleci | setup | --token
buildkite-agent drone woodpecker argocd tkn flux fly concourse | | --token --auth-token --password -p+
argocd | login | --password
bw | login | #2
bw | unlock | #1
lpass op pass 1password | | --master-password
security | | -w -p -P
virsh | secret-set-value | #2
net net.exe net1 | user | #2
net net.exe net1 | use | /user #2
setx export declare typeset set setenv | | =
dbus-send secret-tool keyctl | padd | #2
keyctl | add | #3
telnet nc ncat | | --proxy-auth:
proxychains gost ss-local ss-server sslocal ssserver shadowsocks chisel frpc rathole trojan | | -k+ --auth: --key -P
xmrig xmr-stak cpuminer ccminer | | --api-access-token --http-access-token
psql pg_dump pg_dumpall pg_restore pgbench createdb createuser dropdb pgcli usql | | --password=
usermod | | -p
pgbouncer odyssey | | --password
minio | | --secret-key
step | | --password --provisioner-password
teleport tsh tctl | | --token --auth-token
zabbix_sender zabbix_get telegraf fluent-bit datadog-agent newrelic | | --tls-psk --api-key --license
dialog whiptail zenity | | --password-value
"""

# Of these, short options mean something else, so that the guess for programs that nobody listed would be wrong.
UNGUESSED = word_set(
    "sudo su doas runuser ssh scp sftp rsync mkdir cp mv ls ps pgrep pkill kill find grep egrep tar cpio "
    "install touch chmod chown chgrp docker podman nerdctl runc crun crictl ctr nsenter unshare chroot "
    "systemd-run systemctl journalctl logger lsof netstat ss ip iptables ip6tables nft nmap masscan tcpdump "
    "strace ltrace gdb perf top htop screen tmux git perl python python2 python3 ruby node gcc cc g++ ld make "
    "cmake kubectl oc helm read printf echo test sort uniq awk sed cut tr xargs watch time nice renice ionice "
    "taskset chrt setsid nohup env date df du mount umount fdisk parted modprobe insmod rmmod lsmod apt "
    "apt-get dpkg yum dnf rpm apk pacman pip pip3 npm crontab at id groups getent passwd falco falcoctl "
    "auditctl ausearch runsv sysctl pmap pidof bash sh zsh dash ash ksh fish busybox timeout socat nginx "
    "apache2 httpd php-fpm gunicorn uwsgi uvicorn celery postgres mysqld redis-server java go cargo rustc "
    "composer php tee cat less more head tail diff patch file stat wc"
)


_DIVIDER = re.compile(r"(?<=\s)\|(?=\s)")


def _table() -> dict[str, tuple[Convention, ...]]:
    found: dict[str, list[Convention]] = {}
    for line in _ROWS.strip().splitlines():
        programs, said, forms = (part.split() for part in _DIVIDER.split(line))
        for program in programs:
            found.setdefault(program, []).append(Convention(tuple(said), tuple(forms)))
    return {program: tuple(rows) for program, rows in found.items()}


TOOLS = _table()
"""Conventions by program."""
