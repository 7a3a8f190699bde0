"""Words that are no identities: ordinary English after a noun, and names that this field uses as ordinary words."""

from __future__ import annotations

# Words that may follow "user", "pod", "by" … and are no names; forms in -ed, -ing and -ly are known by their ending.
ORDINARY = frozenset(
    """
    whom whose whoever us me him her them myself yourself
    a about above access accident account accounts action actions activity address addresses admin
    administrator administrators after again against agent alert alerts alone along also although
    always an analysts and another any anybody anyone anything appears application are area argument
    arguments as at attach attack attacker attackers attempt attempts authorised authorized away bad
    be became because been before began begin behavior behaviour being belongs below benign between
    binary both but by call called calls came can cannot capabilities capability category cause
    caused causes chain chance change changes check checks child class cluster code comes command
    commands common comparison configuration connection connections container containers contains
    content contents context control controller could created creates creation credential
    credentials cronjob daemon data debug default definition design detail details developers did
    digest directory do does done down driver drivers during each either elevated engineers entry
    entrypoint environment error escape escapes evasion event events evidence exact exe exec
    executable executes execution exists exited external false far few field fields file files first
    flag flags follows for from full further gets given gives good group groups had hand has have
    having he helper her here high his holds hook host hostname hosts how however human id ident
    identifier identity if image images in indicates information init injection inside installer
    instead interactive internal into is it its itself job kernel key kind known kubectl kubelet
    label lead leads left legitimate less lets level library lies like likely line list lives load
    loader loads local login long made makes malicious malware management manager many matches may
    means memory metadata might mode model module modules more most much multiple must name names
    namespace namespaces near need needs network never new next no node nodes none nor normal not
    nothing now number object of off on once one only open opens operation operator operators or
    orchestrator order origin other others out output outside over own owner package page parameters
    parent part passes password path paths permission permissions person pid pipeline place platform
    plugin pod pods point points policy port possible previous private privilege privileged
    privileges probably probe problem process processes profile program programs provenance public
    ran rather reader reads reason record records registry remains remote repository request
    requests resides resource result results right role root rule rules run running runs runtime
    same say says scheduler script scripts second security see seems sees sensitive sensor server
    servers service services session set several she shell shells should shows side sidecar since
    single sits so software some someone something soon source space spawns staff starts state
    status stays step still string such suspicious syscall system table tag takes task team terminal
    test text than that the their them themselves then there these they thing this those through
    time times to together token tool tools traffic tree tries trigger triggers true trusted tty two
    type typical uid unauthorized under unit unknown unless unprivileged until untrusted up upon use
    user username users uses using usual value values version via virtue volume was way we well went
    were what when where whether which while who whose why will with within without work workload
    works would writes yet you
    """.split()  # noqa: SIM905 - prose reads better than four hundred quoted words
)

# No evidence is needed to say "a Kubernetes node".
VOCABULARY = frozenset(
    """
    aks alert alpine am api apis apparmor april att att&ck attack august aws azure backdoor bash
    botnet bpf cd centos cgroup cgroups ci ci/cd cli cloud configmap containerd cpu cri cri-o crictl
    critical cron cve cves daemonset debian debug december deployment dns docker ebpf edr eks
    emergency english error eu falco falcoctl falcosidekick fatal fd fds february fedora friday gcp
    gid git github gitlab gke gmt helm high html http https i iam icmp id ids informational internet
    ioc iocs ip ips ipv4 ipv6 it january java json july june k8s kernel kubectl kubernetes kvm level
    lfi linux low lsm march may medium mitre monday n/a na node nodejs notice november nss october
    ok os pam pid pm podman posix ppid priority python rbac rce rhel rootkit rule runc saturday
    seccomp security selinux september severity siem soar soc sql ssh ssl ssrf statefulset stderr
    stdin stdout sunday systemd tcp thursday tls toml tty tuesday ubuntu udp uid unix url urls us
    utc vm vs warning wednesday windows xss yaml
    """.split()  # noqa: SIM905
)
