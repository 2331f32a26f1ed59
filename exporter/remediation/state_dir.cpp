#include "exporter/remediation/state_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace motoko::remediation {

base::Result<std::string> prepare_state_dir(const std::string& state_dir) {
  constexpr mode_t kMode = 0750;
  std::error_code parents;
  std::filesystem::create_directories(std::filesystem::path(state_dir).parent_path(), parents);
  if (parents) return state_dir_error(parents.value(), "make the directories above " + state_dir);
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

base::Result<base::UniqueFd> lock_state_dir(const std::string& directory) {
  constexpr int kTries = 1000;
  constexpr std::chrono::milliseconds kBetweenTries{10};
  base::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return state_dir_error(errno, "open directory " + directory);
  for (int i = 0; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK || i == kTries) return base::errno_error(errno, "lock directory " + directory);
    std::this_thread::sleep_for(kBetweenTries);
  }
  return fd;
}

tl::unexpected<base::Error> state_dir_error(int error_number, const std::string& context) {
  return base::errno_error(error_number, context + " (remediation.state_dir sets another place)");
}

}  // namespace motoko::remediation
