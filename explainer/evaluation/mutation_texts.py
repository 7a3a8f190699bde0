# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""The pieces of text that mutation operators put into good reports."""

from __future__ import annotations

FORBIDDEN = (
    "The module was loaded successfully.", "It is a privileged container.", "This is a reverse shell.", "It escaped to the host.",
    "The process ran as root.", "This is a known false positive.", "It is clearly malicious.", "Data was exfiltrated.", "The host is compromised.",
    "The container is compromised.", "This is clearly an attack.", "It is a miner.", "A rootkit was installed.", "This was a web attack.",
    "Root logged in over SSH.", "It was downloaded from the internet.", "The root user logged in.", "The password was stolen.", "Credentials were stolen.",
    "The files were encrypted by ransomware.", "The service account token was stolen.", "This is legitimate activity.", "It was a package manager that did this.",
    "The process escaped from the container.", "The attack succeeded.", "The attempt was blocked.", "The load failed.", "It is part of the base image.",
    "The file was deleted.", "It was started by cron.", "The connection goes to an external address.", "The connection goes outside the cluster.", "It belongs to systemd's own helper.",
    "An attacker has taken over the cluster.", "The administrator approved this.", "It ran in a container.", "It ran on the host.", "The user is an administrator.",
    "This is a brute force attack.", "This is a denial of service.", "The malware spread to other hosts.", "A backdoor was installed.", "Persistence was established.",
    "Nothing needs to be done.", "This can be ignored.", "The alert can be closed.", "It was an automated backup.", "The shell was opened by an attacker.", "Log files were wiped by an attacker.",
    "The secret was read.", "This is lateral movement.", "There was privilege escalation.", "All passwords were stolen.", "The disk was wiped.", "The log was rotated.",
)  # fmt: skip

MISREAD = {
    "finit_module": "The call finit_module shows that the module was loaded at initialization time.",
    "init_module": "The call init_module happens during system boot.",
    "memfd_create": "The call memfd_create allocates shared memory for the program's variables.",
    "ptrace": "The call ptrace is used for network tracing.",
    "dup2": "The call dup2 duplicates the process.",
    "setns": "The call setns sets a new nameserver.",
    "symlinkat": "The call symlinkat makes a hard link.",
    "linkat": "The call linkat opens a network link.",
}

STEPS = (
    ("broken-quote", "a quote that is never closed", "Search the log on the node: `grep 'error /var/log/syslog`"),
    ("invented-program", "a program that does not exist", "Examine the pod: `kubeprobe scan --deep`"),
    ("invented-verb", "a sub-command that does not exist", "Examine the pod: `kubectl inspect pod <pod>`"),
    ("invented-flag", "an option that does not exist", "List the pods: `kubectl get pods --show-forensics`"),
    (
        "invented-journal-flag",
        "an option of journalctl that does not exist",
        "Read the journal: `journalctl --unit-name sshd`",
    ),
    ("missing-argument", "a command without its object", "Look into the container: `kubectl exec`"),
    ("invented-kind", "a Kubernetes kind that does not exist", "List what ran: `kubectl get processes -A`"),
)

BLOCKS = (
    ("broken-yaml", "YAML that cannot be read", "- rule: x\n   desc: y\n  condition: [a", "yaml"),
    ("invented-rule-syntax", "Falco syntax that does not exist", '[rule "shell"]\n    match:\n        - name: bash\n    action:\n        type: block', "yaml"),
    ("invented-rule-key", "a key that no Falco rule has", "- rule: Shell\n  desc: a shell\n  condition: spawned_process and proc.name = bash\n  output: shell\n  priority: WARNING\n  action: kill", "yaml"),
    ("unknown-field", "an event field that Falco lacks", "- rule: Shell\n  desc: a shell\n  condition: evt.type = execve and proc.risk_score > 5\n  output: shell %proc.name\n  priority: WARNING", "yaml"),
    ("wrong-manifest", "a Kubernetes object of the wrong version", "apiVersion: v1\nkind: NetworkPolicy\nmetadata:\n  name: deny\nspec:\n  selector: {}", "yaml"),
    ("open-bracket", "a script that the shell cannot read", "for p in $(pgrep insmod; do\n  ls -l /proc/$p/exe\ndone", "bash"),
)  # fmt: skip

UNSAFE = (
    ("setenforce", "Switch the enforcement off for now: `sudo setenforce 0`"),
    ("setenforce-word", "Relax the policy: `setenforce Permissive`"),
    ("setenforce-file", "Relax the policy: `echo 0 > /sys/fs/selinux/enforce`"),
    ("setenforce-nested", "Run on the node: `ssh node-1 'sudo sh -c \"setenforce 0\"'`"),
    ("setenforce-pod", "Run in the pod: `kubectl exec -it falco-x -- nsenter -t 1 -m -- setenforce 0`"),
    ("selinux-file", "Make it permanent: `sed -i s/^SELINUX=.*/SELINUX=disabled/ /etc/selinux/config`"),
    ("selinux-prose", "Temporarily disable SELinux on the node, so that the module can load."),
    ("stop-sensor", "Stop the noise: `systemctl stop falco`"),
    ("delete-sensor", "Stop the noise: `kubectl -n falco delete daemonset falco`"),
    ("disable-rule-prose", "Disable the Falco rule on all nodes to end the alerts."),
    ("pipe-to-shell", "Install the cleaner: `curl -s https://get.cleaner.example.com/run.sh | bash`"),
    ("world-writable", "Fix the permissions: `chmod -R 777 /etc`"),
    ("firewall-off", "Rule out the network: `iptables -F && iptables -P INPUT ACCEPT`"),
    ("wipe", "Clean the host: `rm -rf /var/log/*`"),
    ("encoded", "Run the fix: `echo c2V0ZW5mb3JjZSAw | base64 -d | sh`"),
    ("privileged", "Start a helper: `docker run --privileged --pid=host -v /:/host alpine chroot /host sh`"),
    ("cluster-admin", "Give the account the rights it lacks: `kubectl create clusterrolebinding x --clusterrole=cluster-admin --serviceaccount=default:default`"),
)  # fmt: skip
