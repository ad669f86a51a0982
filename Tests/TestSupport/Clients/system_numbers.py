"""What psutil says of the machine and of one process, as JSON: the second look beside /metrics."""
import json
import sys

import psutil

process = psutil.Process(int(sys.argv[1]))
with process.oneshot():
    memory = process.memory_info()
    times = process.cpu_times()
    own = {
        "process_cpu_seconds_total": times.user + times.system,
        "process_open_fds": process.num_fds(),
        "process_max_fds": process.rlimit(psutil.RLIMIT_NOFILE)[0],
        "process_virtual_memory_bytes": memory.vms,
        "process_resident_memory_bytes": memory.rss,
        "process_start_time_seconds": process.create_time(),
        "process_threads": process.num_threads(),
        "cardlink_system_threads_active": process.num_threads(),
    }
machine = {"memory_used": psutil.virtual_memory().total - psutil.virtual_memory().available}
usages = {path: psutil.disk_usage(path) for path in sys.argv[2:]}
disks = {path: {"used": usage.used, "free": usage.free} for path, usage in usages.items()}
network = {
    name: {"sent": counts.bytes_sent, "received": counts.bytes_recv}
    for name, counts in psutil.net_io_counters(pernic=True).items()
}
print(json.dumps({"own": own, "machine": machine, "disks": disks, "network": network}))
