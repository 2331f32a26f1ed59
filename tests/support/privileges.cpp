#include "tests/support/privileges.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "exporter/base/unique_fd.h"
#include "tests/support/private_mount_namespace.h"

namespace motoko::testing {

std::optional<std::string> missing_privilege() {
  if (::geteuid() != 0) return "not root";
  if (const auto status = enter_private_mount_namespace(); !status) return status.error().message();
  const base::UniqueFd loop_control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!loop_control.valid()) return std::string("open /dev/loop-control: ") + std::strerror(errno);
  return std::nullopt;
}

}  // namespace motoko::testing
