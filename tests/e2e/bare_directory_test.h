// A host whose mountpoints lie on a disk of the test's own, so that nothing immutable is ever left on the real one.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "exporter/base/unique_fd.h"
#include "tests/e2e/storage_test.h"

namespace motoko::testing {

/// As lsattr shows it.
inline bool immutable(const std::string& directory) {
  const base::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  unsigned flags = 0;
  if (!fd.valid() || ::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0)
    throw std::system_error(errno, std::generic_category(), "flags of " + directory);
  return (flags & FS_IMMUTABLE_FL) != 0;
}

/// 0, or the errno of making a file in it.
inline int create_error(const std::string& directory) {
  const base::UniqueFd file(::open((directory + "/new").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  return file.valid() ? 0 : errno;
}

class BareDirectoryTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    if (IsSkipped()) return;
    root_ = host_.directory().make_directory("root");
    root_disk_.emplace();
    root_disk_->mount(root_);
    // A second way to the bare directories that no mount made later covers.
    below_ = host_.directory().make_directory("below");
    bind_mount(root_, below_);
  }

  [[nodiscard]] ::testing::AssertionResult guard_gives(int exit_code, const std::string& line,
                                                       std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), "guard");
    const auto finished = host_.motokoctl(arguments);
    const auto printed = finished.standard_output + finished.standard_error;
    if (finished.status.code == exit_code && printed.find(line) != std::string::npos)
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "exit code " << finished.status.code << "\n" << printed;
  }

  [[nodiscard]] nlohmann::json guarded_as_checked(const std::string& path) {
    const auto report = host_.check();
    for (const auto& mount : report.json.at("mounts"))
      if (mount.at("path") == path) return mount.at("guarded");
    return "no such mount";
  }

  std::optional<LoopDisk> root_disk_;
  std::string root_;
  std::string below_;
};

}  // namespace motoko::testing
