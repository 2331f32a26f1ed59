#include "exporter/sources/kernel_message.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace motoko::sources {

// What a failed comparison prints.
static void PrintTo(const StorageEvent& event, std::ostream* out) {
  *out << observation::to_string(event.kind) << " on " << event.device << " x" << event.count;
}
static void PrintTo(const FilesystemMounted& mounted, std::ostream* out) {
  *out << "mounted " << mounted.device << " " << mounted.uuid;
}

namespace {

using Kind = observation::KernelEventKind;

struct Wording {
  std::string_view text;
  Kind kind;
  std::string_view device;
  std::uint64_t count = 1;
};

void expect_events(const std::vector<Wording>& wordings) {
  for (const auto& wording : wordings) {
    const auto message = classify_kernel_message(wording.text);
    ASSERT_TRUE(message) << wording.text;
    EXPECT_EQ(*message, (KernelMessage{StorageEvent{wording.kind, wording.device, wording.count}})) << wording.text;
  }
}

void expect_nothing(const std::vector<std::string_view>& texts) {
  for (const auto text : texts) EXPECT_FALSE(classify_kernel_message(text)) << text;
}

constexpr std::string_view kUuid = "f54cf57c-e434-45f5-bde3-cc706ffbe849";

TEST(KernelMessage, Ext4ErrorsAndWarningsOfEveryKernel) {
  expect_events({
      // 5.10
      {"EXT4-fs error (device sdb1): ext4_find_entry:1456: inode #2: comm ls: reading directory lblock 0",
       Kind::ext4_error, "sdb1"},
      {"EXT4-fs error (device sdb1) in ext4_reserve_inode_write:5849: Journal has aborted", Kind::ext4_error, "sdb1"},
      {"EXT4-fs error (device dm-3): ext4_journal_check_start:83: Detected aborted journal", Kind::ext4_error, "dm-3"},
      {"EXT4-fs warning (device sdc1): htree_dirblock_to_tree:1004: inode #2: lblock 0: comm smbd: error -5 reading "
       "directory block",
       Kind::ext4_warning, "sdc1"},
      // 6.1 and 6.18
      {"EXT4-fs error (device nvme0n1p1): ext4_journal_check_start:84: comm rs:main Q:Reg: Detected aborted journal",
       Kind::ext4_error, "nvme0n1p1"},
      {"EXT4-fs error (device mmcblk0p2): __ext4_find_entry:1681: inode #5643: comm systemd-tmpfile: reading directory "
       "lblock 0",
       Kind::ext4_error, "mmcblk0p2"},
      {"EXT4-fs warning (device sdc1): htree_dirblock_to_tree:1051: inode #2: lblock 0: comm smbd: error -5 reading "
       "directory block",
       Kind::ext4_warning, "sdc1"},
      {"EXT4-fs warning (device loop0): ext4_end_bio:342: I/O error 10 writing to inode 12 starting block 34304)",
       Kind::ext4_warning, "loop0"},
      // 7.3
      {"EXT4-fs warning (device sdc1): htree_dirblock_to_tree:1067: inode #2: lblock 0: comm smbd: error -EIO reading "
       "directory block",
       Kind::ext4_warning, "sdc1"},
      // not "EXT4-fs error", but data is lost
      {"EXT4-fs (sdb1): Delayed block allocation failed for inode 13 at logical offset 0 with max blocks 2 with error "
       "5",
       Kind::ext4_error, "sdb1"},
      {"EXT4-fs (sdb1): failed to convert unwritten extents to written extents -- potential data loss!  (inode 12, "
       "error -30)",
       Kind::ext4_error, "sdb1"},
  });
}

TEST(KernelMessage, BlockLayerErrorsOfEveryKernel) {
  expect_events({
      // 5.10 and before
      {"blk_update_request: I/O error, dev sdb, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 0",
       Kind::io_error, "sdb"},
      {"print_req_error: I/O error, dev sdk, sector 0", Kind::io_error, "sdk"},
      {"end_request: I/O error, dev sdc, sector 730081839", Kind::io_error, "sdc"},
      // 5.17 and later
      {"I/O error, dev sdb, sector 2048 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2", Kind::io_error, "sdb"},
      {"critical medium error, dev sdb, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", Kind::io_error,
       "sdb"},
      {"critical target error, dev sdb, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2", Kind::io_error,
       "sdb"},
      {"timeout error, dev nvme0n1, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", Kind::io_error,
       "nvme0n1"},
      {"protection error, dev sdb, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", Kind::io_error, "sdb"},
      {"critical space allocation error, dev dm-0, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
       Kind::io_error, "dm-0"},
      {"some status of a later kernel error, dev sdb, sector 8 op 0x0:(READ) flags 0x0", Kind::io_error, "sdb"},
      {"device offline error, dev sdb, sector 39063389568 op 0x0:(READ) flags 0x3000 phys_seg 1 prio class 2",
       Kind::device_offline, "sdb"},
      {"I/O error, dev ?, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", Kind::io_error, "unknown"},
  });
}

TEST(KernelMessage, RequestsThatLoseNoDataAreNoErrors) {
  expect_nothing({
      "critical target error, dev sdb, sector 8 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2",
      "blk_update_request: I/O error, dev sdb, sector 8 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 0",
      "operation not supported error, dev loop0, sector 8 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class 2",
      "critical target error, dev sdb, sector 8 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class 2",
      "nonblocking retry error, dev nvme0n1, sector 8 op 0x0:(READ) flags 0x200000 phys_seg 1 prio class 2",
  });
  expect_events({{"I/O error, dev sdb, sector 8 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class 2",
                  Kind::io_error, "sdb"},
                 {"device offline error, dev sdb, sector 8 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2",
                  Kind::device_offline, "sdb"}});
}

TEST(KernelMessage, BufferAndJournalErrors) {
  expect_events({
      {"Buffer I/O error on dev sdb1, logical block 0, lost sync page write", Kind::io_error, "sdb1"},
      {"Buffer I/O error on dev md127, logical block 9, async page read", Kind::io_error, "md127"},
      {"Buffer I/O error on device sdb1, logical block 34304", Kind::io_error, "sdb1"},
      {"Buffer I/O error on device sdb1", Kind::io_error, "sdb1"},
      {"JBD2: I/O error when updating journal superblock for sdb1-8.", Kind::io_error, "sdb1"},
      {"JBD2: Error -5 detected when updating journal superblock for dm-1-8.", Kind::io_error, "dm-1"},  // 5.10
      {"JBD2: I/O error detected when updating journal superblock for sdc1-8.", Kind::io_error, "sdc1"},
      {"JBD2: Detected IO errors while flushing file data on sdb1-8", Kind::io_error, "sdb1"},
      {"EXT4-fs (sdb1): I/O error while writing superblock", Kind::io_error, "sdb1"},
  });
}

TEST(KernelMessage, AbortedJournalNamesTheDeviceWithoutTheJournalsInode) {
  expect_events({
      {"Aborting journal on device sdb1-8.", Kind::journal_abort, "sdb1"},
      {"Aborting journal on device nvme0n1p1-8.", Kind::journal_abort, "nvme0n1p1"},
      {"Aborting journal on device dm-0-8.", Kind::journal_abort, "dm-0"},
      {"Aborting journal on device dm-11-45.", Kind::journal_abort, "dm-11"},  // journal added to a mounted ext2
      {"Aborting journal on device md127-8.", Kind::journal_abort, "md127"},
      {"Aborting journal on device loop0-8.", Kind::journal_abort, "loop0"},
      {"Aborting journal on device sdc1.", Kind::journal_abort, "sdc1"},  // external journal
      {"Aborting journal on device dm-8.", Kind::journal_abort, "dm-8"},  // external journal
      {"Aborting journal on device cciss!c0d0p1-8.", Kind::journal_abort, "cciss!c0d0p1"},
  });
}

TEST(KernelMessage, StateOfTheFileSystem) {
  expect_events({
      {"EXT4-fs (sdb1): Remounting filesystem read-only", Kind::remount_ro, "sdb1"},
      {"EXT4-fs (sdb1): shut down requested (2)", Kind::ext4_shutdown, "sdb1"},
      {"EXT4-fs (dm-0): shut down requested (1)", Kind::ext4_shutdown, "dm-0"},
  });
}

TEST(KernelMessage, DevicesThatGo) {
  expect_events({
      {"usb 2-1: USB disconnect, device number 2", Kind::usb_disconnect, "2-1"},
      {"usb 1-1.4.2: USB disconnect, device number 17", Kind::usb_disconnect, "1-1.4.2"},
      {"usb 2-1: reset SuperSpeed USB device number 2 using xhci_hcd", Kind::usb_reset, "2-1"},
      {"usb 2-1: reset SuperSpeed Plus Gen 2x1 USB device number 2 using xhci_hcd", Kind::usb_reset, "2-1"},
      {"usb 1-4: reset high-speed USB device number 5 using ehci-pci", Kind::usb_reset, "1-4"},
      {"sd 2:0:0:0: rejecting I/O to offline device", Kind::device_offline, "2:0:0:0"},
      {"sd 2:0:0:0: [sda] rejecting I/O to offline device", Kind::device_offline, "sda"},
      {"scsi 12:0:0:0: rejecting I/O to dead device", Kind::device_offline, "12:0:0:0"},
      {"sd 2:0:0:0: Device offlined - not ready after error recovery", Kind::device_offline, "2:0:0:0"},
      {"loop0: detected capacity change from 131072 to 0", Kind::device_offline, "loop0"},
      {"nvme0n1: detected capacity change from 1953525168 to 0", Kind::device_offline, "nvme0n1"},
  });
}

TEST(KernelMessage, SuppressedMessagesCountForAnUnknownDevice) {
  expect_events({
      {"EXT4-fs error: 12 callbacks suppressed", Kind::ext4_error, "unknown", 12},
      {"EXT4-fs warning: 3 callbacks suppressed", Kind::ext4_warning, "unknown", 3},
      {"blk_print_req_error: 25 callbacks suppressed", Kind::io_error, "unknown", 25},
      {"blk_update_request: 7 callbacks suppressed", Kind::io_error, "unknown", 7},
      {"print_req_error: 7 callbacks suppressed", Kind::io_error, "unknown", 7},
      {"buffer_io_error: 119 callbacks suppressed", Kind::io_error, "unknown", 119},
  });
  EXPECT_EQ(classify_kernel_message("EXT4-fs mount: 5 callbacks suppressed"), KernelMessage{MountMessagesSuppressed{}});
  EXPECT_EQ(classify_kernel_message("EXT4-fs unmount: 5 callbacks suppressed"),
            KernelMessage{MountMessagesSuppressed{}});
  EXPECT_EQ(classify_kernel_message("EXT4-fs: 24 callbacks suppressed"), KernelMessage{FilesystemMessagesSuppressed{}});
  expect_nothing({"net_ratelimit: 5 callbacks suppressed", "EXT4-fs error: many callbacks suppressed",
                  "EXT4-fs error: 12 output lines suppressed due to ratelimiting", " callbacks suppressed",
                  "EXT4-fs error: 99999999999999999999 callbacks suppressed"});
}

TEST(KernelMessage, MountsOfKernelsThatPrintTheUuid) {
  for (const std::string state : {" ro", " r/w", ""})  // 6.2 to 6.4 print no state
    EXPECT_EQ(classify_kernel_message("EXT4-fs (sdb1): mounted filesystem " + std::string(kUuid) + state +
                                      " with ordered data mode. Quota mode: none."),
              (KernelMessage{FilesystemMounted{"sdb1", kUuid}}));
  EXPECT_EQ(
      classify_kernel_message("EXT4-fs (dm-0): mounted filesystem f54cf57c-e434-45f5-bde3-cc706ffbe849 r/w without "
                              "journal. Quota mode: none."),
      (KernelMessage{FilesystemMounted{"dm-0", kUuid}}));
  EXPECT_EQ(classify_kernel_message("EXT4-fs (sdb1): re-mounted f54cf57c-e434-45f5-bde3-cc706ffbe849 r/w."),
            (KernelMessage{FilesystemRemounted{"sdb1", kUuid}}));
  EXPECT_EQ(
      classify_kernel_message("EXT4-fs (sdb1): re-mounted f54cf57c-e434-45f5-bde3-cc706ffbe849. Quota mode: none."),
      (KernelMessage{FilesystemRemounted{"sdb1", kUuid}}));
  EXPECT_EQ(classify_kernel_message("EXT4-fs (sdb1): unmounting filesystem f54cf57c-e434-45f5-bde3-cc706ffbe849."),
            (KernelMessage{FilesystemUnmounted{"sdb1"}}));
}

TEST(KernelMessage, MountsOfKernelsThatPrintNoUuid) {
  for (const std::string_view text : {"EXT4-fs (sdb1): mounted filesystem with ordered data mode. Opts: (null)",
                                      "EXT4-fs (sdb1): mounted filesystem without journal. Opts: noatime",
                                      "EXT4-fs (sdb1): mounted filesystem with ordered data mode. Quota mode: none."})
    EXPECT_EQ(classify_kernel_message(text), (KernelMessage{FilesystemMounted{"sdb1", ""}})) << text;
  for (const std::string_view text :
       {"EXT4-fs (sdb1): re-mounted. Opts: errors=remount-ro", "EXT4-fs (sdb1): re-mounted. Quota mode: none."})
    EXPECT_EQ(classify_kernel_message(text), (KernelMessage{FilesystemRemounted{"sdb1", ""}})) << text;
  EXPECT_EQ(classify_kernel_message("EXT4-fs (sdb1): unmounting filesystem."),
            (KernelMessage{FilesystemUnmounted{"sdb1"}}));
}

TEST(KernelMessage, DiskThatComesIsAttached) {
  EXPECT_EQ(classify_kernel_message("loop0: detected capacity change from 0 to 131072"),
            (KernelMessage{DiskAttached{"loop0"}}));
  for (const char* text : {"sd 2:0:0:0: [sda] Attached SCSI disk", "sd 2:0:0:0: [sda] Attached SCSI removable disk"})
    EXPECT_EQ(classify_kernel_message(text), (KernelMessage{DiskAttached{"sda"}})) << text;
}

TEST(KernelMessage, HistoryResizesAndOrdinaryLinesAreNoEvents) {
  expect_nothing({
      "EXT4-fs (sdb1): error count since last fsck: 3",
      "EXT4-fs (sdb1): initial error at time 1700000000: htree_dirblock_to_tree:1051: inode 2",
      "EXT4-fs (sdb1): last error at time 1700000100: ext4_journal_check_start:84",
      "EXT4-fs (sdb1): previous I/O error to superblock detected",
      "EXT4-fs (sdb1): warning: mounting fs with errors, running e2fsck is recommended",
      "EXT4-fs (sdb1): mounting ext3 file system using the ext4 subsystem",
      "EXT4-fs (sdb1): recovery complete",
      "EXT4-fs (sdb1): error loading journal",
      "JBD2: previous I/O error detected for journal superblock update for sdb1-8.",
      "JBD2: recovery failed",
      "loop0: detected capacity change from 131072 to 262144",
      "usb 2-1: new SuperSpeed USB device number 3 using xhci_hcd",
      // what every unplugged disk says, and USB bridges without a cache
      "sd 2:0:0:0: [sda] Synchronize Cache(10) failed: Result: hostbyte=DID_NO_CONNECT driverbyte=DRIVER_OK",
      "",
      ":",
      "EXT4-fs ",
      "EXT4-fs (",
      "EXT4-fs error (device sdb1",
      "usb ",
      " error, dev , sector ",
  });
}

TEST(KernelMessage, NamesOfProcessesProductsAndFilesDoNotFoolIt) {
  expect_nothing({
      "usb 2-1: Product: EXT4-fs error (device sda1): x",
      "usb 2-1: Product: USB disconnect, device number 2",
      "usb 2-1: Manufacturer: usb 2-1: reset SuperSpeed USB device number 2 using xhci_hcd",
      "usb 2-1: SerialNumber: I/O error, dev sda, sector 1 op 0x0:(READ)",
      "usb 2-1: Product: I/O error, dev sda, sector 1 op 0x0:(READ)",
      "scsi 2:0:0:0: Direct-Access     rejecting I/O to offline device  1.0 PQ: 0 ANSI: 6",
      "EXT4-fs error (d[1234]: segfault at 0 ip 0000 sp 0000 error 4 in smbd[400000+1000]",
      "I/O error, dev [1234]: segfault at 0 ip 0000 sp 0000 error 4, sector 5",
      "Aborting journa[77]: segfault at 0 ip 0 sp 0 error 4",
      "smbd[1]: EXT4-fs error (device sda1): x",
      "EXT4-fs error: 5 output lines suppressed due to ratelimiting",
      "audit: type=1400 msg=EXT4-fs (sda1): shut down requested (2)",
      "systemd[1]: I/O error, dev sda, sector 1",
      " EXT4-fs error (device sda1): x",
  });
  // A process that calls itself a device is not taken for one.
  expect_events({{"EXT4-fs error (device sdb1): f:1: comm (device sda1): Aborting journal on device sda1-8.",
                  Kind::ext4_error, "sdb1"}});
  // A name with anything else in it is no device's.
  expect_events({{"EXT4-fs error (device sd b1\"}): x", Kind::ext4_error, "unknown"}});
}

}  // namespace
}  // namespace motoko::sources
