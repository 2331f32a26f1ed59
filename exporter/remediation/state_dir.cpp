#include "exporter/remediation/state_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace motoko::remediation {

base::Result<std::string> prepare_state_dir(const std::string& state_dir) {
  constexpr mode_t kMode = 0750;
  if (::mkdir(state_dir.c_str(), kMode) != 0 && errno != EEXIST)
    return state_dir_error(errno, "make directory " + state_dir);
  std::error_code code;
  const std::string path = std::filesystem::canonical(state_dir, code);
  if (code) return state_dir_error(code.value(), "open directory " + state_dir);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return state_dir_error(errno, "open directory " + state_dir);
  if (!S_ISDIR(status.st_mode)) return state_dir_error(ENOTDIR, state_dir);
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return state_dir_error(errno, "write in directory " + state_dir);
  return path;
}

tl::unexpected<base::Error> state_dir_error(int error_number, const std::string& context) {
  return base::errno_error(error_number, context + " (remediation.state_dir sets another place)");
}

}  // namespace motoko::remediation
