// What a scrape costs, side by side with node_exporter's file system collector on the same mounts. Prints a table; it
// is not a test, because times of a shared machine prove nothing alone: run it on a quiet one.
//   build/tests/motoko_bench [--node-exporter PATH] [--scrapes N] [--paced-seconds N]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <thread>

#include "tests/bench/keep_alive_client.h"
#include "tests/bench/process_cost.h"
#include "tests/support/child_process.h"
#include "tests/support/exporter_process.h"
#include "tests/support/fuse_disk.h"
#include "tests/support/loop_disk.h"
#include "tests/support/mounts.h"
#include "tests/support/private_mount_namespace.h"
#include "tests/support/privileges.h"
#include "tests/support/temp_dir.h"

namespace motoko::bench {
namespace {

using std::chrono::duration;
using std::chrono::seconds;
using testing::ExporterProcess;

struct Options {
  std::string node_exporter = "prometheus-node-exporter";
  int scrapes = 500;
  int paced_seconds = 60;
};

/// One program under one load.
struct Cost {
  double back_to_back_us = 0;  // CPU of the process tree for each of many scrapes in a row
  double paced_us = 0;         // the same with a scrape every 15 s: what it does between scrapes is in it
  double median_ms = 0;        // wall time of a scrape
  double resident_mib = 0;
  double proportional_mib = 0;  // all processes, shared pages divided
  std::size_t body_bytes = 0;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

Cost measure(pid_t process, const std::string& address, const Options& options, bool paced) {
  KeepAliveClient client(address);
  for (int i = 0; i < 20; ++i) client.scrape();
  Cost cost;
  std::vector<double> durations;
  auto before = cpu_time(process_tree(process));
  for (int i = 0; i < options.scrapes; ++i) {
    const auto scrape = client.scrape();
    durations.push_back(scrape.duration.count() * 1e3);
    cost.body_bytes = scrape.body_bytes;
  }
  cost.back_to_back_us = (cpu_time(process_tree(process)) - before).count() * 1e6 / options.scrapes;
  cost.median_ms = median(durations);
  if (paced) {
    constexpr seconds kScrapeInterval{15};
    const int scrapes = std::max(1, options.paced_seconds / static_cast<int>(kScrapeInterval.count()));
    before = cpu_time(process_tree(process));
    for (int i = 0; i < scrapes; ++i) {
      client.scrape();
      std::this_thread::sleep_for(kScrapeInterval);
    }
    cost.paced_us = (cpu_time(process_tree(process)) - before).count() * 1e6 / scrapes;
  }
  cost.resident_mib = static_cast<double>(resident_bytes(process)) / (1 << 20);
  cost.proportional_mib = static_cast<double>(proportional_bytes(process_tree(process))) / (1 << 20);
  return cost;
}

void print(const std::string& what, const Cost& cost) {
  fmt::print("  {:<44} {:>9.0f} {:>9.0f} {:>9.2f} {:>8.1f} {:>8.1f} {:>8}\n", what, cost.back_to_back_us, cost.paced_us,
             cost.median_ms, cost.resident_mib, cost.proportional_mib, cost.body_bytes);
  std::fflush(stdout);
}

void print_ratio(const std::string& what, double ratio, double limit) {
  fmt::print("  {:<60} {:>6.2f}  (asked: at most {:.2f})\n", what, ratio, limit);
}

/// node_exporter with nothing but its file system collector, on every mount.
class NodeExporter {
 public:
  explicit NodeExporter(const Options& options)
      // In a PID namespace of its own, because it reads /proc/1/mounts: that is then its own mount table.
      : process_({.argv = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", options.node_exporter,
                           "--collector.disable-defaults", "--collector.filesystem",
                           "--web.listen-address=127.0.0.1:19599", "--collector.filesystem.mount-points-exclude=^$",
                           "--collector.filesystem.fs-types-exclude=^$"}}) {
    for (int i = 0; i < 100; ++i) {
      try {
        KeepAliveClient("127.0.0.1:19599").scrape();
        return;
      } catch (const std::runtime_error&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
    throw std::runtime_error("node_exporter does not answer: " + process_.standard_error());
  }
  Cost cost(const Options& options, bool paced) {
    return measure(process_tree(process_.pid()).back(), "127.0.0.1:19599", options, paced);
  }

 private:
  testing::ChildProcess process_;
};

/// A host with guarded mountpoints, all on one small disk each or bound from one.
class Host {
 public:
  std::string add_mountpoint(const std::string& name, const std::string& uuid) {
    const std::string path = directory_.make_directory(name);
    fstab_ += "UUID=" + uuid + " " + path + " ext4 defaults 0 2\n";
    return path;
  }
  std::string add_unguarded(const std::string& name) { return directory_.make_directory("other/" + name); }
  std::string config() {
    directory_.write("fstab", fstab_);
    return directory_.write("config.yml", "fstab: " + directory_.path("fstab") + "\nsamba: {enabled: false}\n");
  }
  [[nodiscard]] testing::TempDir& directory() { return directory_; }

 private:
  testing::TempDir directory_;
  std::string fstab_;
};

Cost exporter_cost(Host& host, const Options& options, bool paced) {
  ExporterProcess exporter(host.config());
  const Cost cost = measure(exporter.pid(), exporter.address(), options, paced);
  if (!exporter.stop()) fmt::print("  the exporter did not stop in time\n");
  return cost;
}

void mount_guarded(testing::LoopDisk& disk, Host& host, const std::string& name) {
  const auto path = host.add_mountpoint(name, disk.uuid());
  disk.mount(path);
  testing::write_file(path + "/file", std::string(100'000, 'x'));
  ::sync();
}

/// The two mounts of the incident among what else a host has mounted (about 20), then 1,000 more that nobody watches.
void few_watched(const Options& options) {
  fmt::print("\n2 watched ext4 mounts, {} mounts in all\n", testing::mount_rows().size() + 2);
  Host host;
  testing::LoopDisk time, space;
  mount_guarded(time, host, "time");
  mount_guarded(space, host, "space");
  const Cost ours = exporter_cost(host, options, true);
  print("motoko-exporter", ours);
  if (testing::has_program(options.node_exporter)) {
    const Cost theirs = NodeExporter(options).cost(options, true);
    print("node_exporter", theirs);
    print_ratio("CPU for each scrape, back to back", ours.back_to_back_us / theirs.back_to_back_us, 0.20);
    print_ratio("CPU for each scrape, one every 15 s", ours.paced_us / theirs.paced_us, 0.20);
    print_ratio("resident memory of the server", ours.resident_mib / theirs.resident_mib, 0.40);
    print_ratio("memory of all its processes, shared pages divided", ours.proportional_mib / theirs.proportional_mib,
                0.40);
  } else {
    fmt::print("  ({} is not installed: nothing to compare with)\n", options.node_exporter);
  }

  fmt::print("\nthe same with 1,000 tmpfs mounts that nobody watches\n");
  for (int i = 0; i < 1000; ++i) testing::mount_tmpfs(host.add_unguarded(std::to_string(i)));
  const Cost crowded = exporter_cost(host, options, true);
  print("motoko-exporter", crowded);
  print_ratio("CPU for each scrape, back to back, to that without them", crowded.back_to_back_us / ours.back_to_back_us,
              1.50);
  print_ratio("CPU for each scrape, one every 15 s, to that without them", crowded.paced_us / ours.paced_us, 1.50);
}

void many_watched(const Options& options) {
  fmt::print("\n1,000 watched mounts\n");
  Host host;
  testing::LoopDisk disk;
  mount_guarded(disk, host, "0");
  for (int i = 1; i < 1000; ++i)
    testing::bind_mount(host.directory().path("0"), host.add_mountpoint(std::to_string(i), disk.uuid()));
  const Options fewer{
      .node_exporter = options.node_exporter, .scrapes = options.scrapes / 10, .paced_seconds = options.paced_seconds};
  const Cost ours = exporter_cost(host, fewer, true);
  print("motoko-exporter", ours);
  if (!testing::has_program(options.node_exporter)) return;
  const Cost theirs = NodeExporter(fewer).cost(fewer, true);
  print("node_exporter", theirs);
  print_ratio("CPU for each scrape, back to back", ours.back_to_back_us / theirs.back_to_back_us, 1.00);
  print_ratio("CPU for each scrape, one every 15 s", ours.paced_us / theirs.paced_us, 1.00);
}

void one_hung(const Options& options) {
  fmt::print("\n10 watched mounts, then one of them on a disk that does not answer\n");
  Host host;
  std::vector<std::unique_ptr<testing::LoopDisk>> disks;
  for (int i = 0; i < 9; ++i)
    mount_guarded(*disks.emplace_back(std::make_unique<testing::LoopDisk>()), host, "live" + std::to_string(i));
  testing::FuseDisk fuse;
  mount_guarded(fuse.disk(), host, "hung");
  ExporterProcess exporter(host.config());
  // In turn, several times, so that a machine that drifts does not decide.
  std::vector<double> before, during;
  for (int round = 0; round < 5; ++round) {
    before.push_back(measure(exporter.pid(), exporter.address(), options, false).median_ms);
    fuse.hang();
    std::this_thread::sleep_for(seconds(8));
    during.push_back(measure(exporter.pid(), exporter.address(), options, false).median_ms);
    fuse.answer();
    std::this_thread::sleep_for(seconds(8));
  }
  fmt::print("  median scrape: {:.3f} ms while all answer, {:.3f} ms while one hangs\n", median(before),
             median(during));
  print_ratio("median scrape, to that while all answer", median(during) / median(before), 1.10);
  if (!exporter.stop()) fmt::print("  the exporter did not stop in time\n");
}

int run(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--node-exporter")
      options.node_exporter = argv[i + 1];
    else if (name == "--scrapes")
      options.scrapes = std::stoi(argv[i + 1]);
    else if (name == "--paced-seconds")
      options.paced_seconds = std::stoi(argv[i + 1]);
    else
      throw std::runtime_error("unknown argument " + name);
  }
  if (const auto why = testing::missing_privilege()) throw std::runtime_error("the benchmark mounts disks: " + *why);
  if (const auto status = testing::enter_private_mount_namespace(); !status)
    throw std::runtime_error(status.error().message());
  fmt::print("  {:<44} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8}\n  {:<44} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8}\n", "",
             "CPU us", "CPU us", "median", "RSS", "PSS", "body", "", "in a row", "each 15 s", "ms", "MiB", "MiB",
             "bytes");
  few_watched(options);
  many_watched(options);
  one_hung(options);
  return 0;
}

}  // namespace
}  // namespace motoko::bench

int main(int argc, char** argv) {
  try {
    return motoko::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "motoko_bench: {}\n", error.what());
    return 1;
  }
}
