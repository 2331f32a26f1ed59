#include "tests/bench/process_cost.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace motoko::bench {
namespace {

std::string read_proc(pid_t process, const std::string& name) {
  std::ostringstream text;
  text << std::ifstream("/proc/" + std::to_string(process) + "/" + name).rdbuf();
  return text.str();
}

/// The kB of a "Name:   123 kB" line, in bytes.
std::uint64_t kilobytes(const std::string& text, const std::string& name) {
  const auto line = text.find("\n" + name + ":");
  return line == std::string::npos ? 0 : std::stoull(text.substr(line + name.size() + 2)) * 1024;
}

}  // namespace

std::vector<pid_t> process_tree(pid_t root) {
  std::vector<pid_t> tree = {root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(tree[i]) + "/task")) {
      std::ifstream children(thread.path() / "children");
      for (pid_t child = 0; children >> child;) tree.push_back(child);
    }
  }
  return tree;
}

std::chrono::duration<double> cpu_time(const std::vector<pid_t>& processes) {
  std::chrono::nanoseconds total{0};
  for (const pid_t process : processes) {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
      std::ifstream file(thread.path() / "schedstat");
      std::int64_t nanoseconds = 0;
      file >> nanoseconds;
      total += std::chrono::nanoseconds(nanoseconds);
    }
  }
  return total;
}

std::uint64_t resident_bytes(pid_t process) {
  return kilobytes(read_proc(process, "status"), "VmRSS");
}

std::uint64_t proportional_bytes(const std::vector<pid_t>& processes) {
  std::uint64_t bytes = 0;
  for (const pid_t process : processes) bytes += kilobytes(read_proc(process, "smaps_rollup"), "Pss");
  return bytes;
}

}  // namespace motoko::bench
