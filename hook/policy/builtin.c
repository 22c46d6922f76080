/*
 * The built-in defaults, which the reader of files reads as layer 0. Pure data. config/policy.json
 * has the same values with comments, and a test compares the two.
 */
#include "draft.h"

/* clang-format off */
const char gt_policy_builtin_json[] =
"{\n"
" \"version\": 1,\n"
" \"mode\": \"enforce\", \"select\": \"go\", \"on_error\": \"continue\",\n"
" \"default_profile\": \"balanced\",\n"
" \"profiles\": {\n"
"  \"balanced\": {\n"
"   \"description\": \"For any Go service: fits its CPU quota and memory limit, and else stays out of its way.\",\n"
"   \"gomaxprocs\": {\"round\": \"ceil\", \"min\": 2, \"max\": null, \"cpu_count\": \"logical\",\n"
"    \"numa\": \"ignore\", \"shares\": {\"enable\": false, \"multiplier\": 2, \"floor\": 1},\n"
"    \"sched_latency\": false, \"override_self_managed\": false},\n"
"   \"gomemlimit\": {\"ratio\": 900, \"cgo_ratio\": 800, \"min_limit\": \"64MiB\"},\n"
"   \"gogc\": null, \"godebug\": [], \"nofile\": 65536,\n"
"   \"sysctl\": {\"net.core.somaxconn\": \"65535\"}, \"swappiness\": 1},\n"
"  \"latency\": {\n"
"   \"description\": \"For request-response services with strict tail latency: one P where the quota is one CPU, one NUMA node's worth of CPUs, no swap.\",\n"
"   \"inherits\": \"balanced\", \"gomaxprocs\": {\"min\": 1, \"numa\": \"cap\"}, \"swappiness\": 0},\n"
"  \"throughput\": {\n"
"   \"description\": \"For batch jobs and queue workers: collects garbage half as often, within the memory limit.\",\n"
"   \"inherits\": \"balanced\", \"gogc\": 200},\n"
"  \"memory\": {\n"
"   \"description\": \"For densely packed hosts: keeps heaps small at the price of more garbage collection.\",\n"
"   \"inherits\": \"balanced\", \"gogc\": 60},\n"
"  \"diagnose\": {\n"
"   \"description\": \"For finding out what a service's garbage collector does: balanced, with a line on stderr a collection.\",\n"
"   \"inherits\": \"balanced\", \"godebug\": [\"gctrace=1\"]}\n"
" },\n"
" \"rules\": [],\n"
" \"annotations\": {\n"
"  \"allow\": [\"enable\", \"profile\", \"mode\", \"program\", \"gomaxprocs\", \"gomemlimit\", \"gogc\",\n"
"   \"godebug\", \"nofile\"],\n"
"  \"nofile_max\": 1048576, \"sysctl\": [\"net.core.somaxconn\"]},\n"
" \"godebug_allow\": [\"gctrace\", \"gcpacertrace\", \"schedtrace\", \"scheddetail\", \"asyncpreemptoff\",\n"
"  \"madvdontneed\", \"invalidptr\", \"tracebackancestors\", \"http2debug\", \"http2client\",\n"
"  \"http2server\", \"inittrace\", \"netdns\", \"containermaxprocs\", \"updatemaxprocs\"],\n"
" \"runtimes\": [\"runc\", \"crun\"]\n"
"}\n";
/* clang-format on */
