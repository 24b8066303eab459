// A disk that breaks at a chosen step: SQLite's own file layer, below which every write, flush and
// truncation is counted, and from the chosen one on fails until it is healed. One thread.
//
// Registered as the default while it lives; stores opened meanwhile must end before it does.
#pragma once

#include <sqlite3.h>

#include <cstring>

namespace sluice::store {

class FaultVfs {
 public:
  FaultVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.zName = "fault";
    vfs_.pNext = nullptr;
    vfs_.pAppData = this;
    vfs_.xOpen = &FaultVfs::Open;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
      return Real(vfs)->xDelete(Real(vfs), name, sync);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
      return Real(vfs)->xAccess(Real(vfs), name, flags, out);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
      return Real(vfs)->xFullPathname(Real(vfs), name, size, out);
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultVfs() {
    sqlite3_vfs_register(real_, 1);
    sqlite3_vfs_unregister(&vfs_);
  }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // The `step`th step from now (1: the next), and all after it, fail with `code`.
  void BreakAt(int step, int code) {
    left_ = step;
    code_ = code;
    broken_ = false;
  }
  void Heal() {
    left_ = 0;
    broken_ = false;
  }
  // Whether the chosen step was reached.
  bool broken() const { return broken_; }

 private:
  struct File {
    sqlite3_file base;
    FaultVfs* owner;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static FaultVfs* Owner(sqlite3_vfs* vfs) { return static_cast<FaultVfs*>(vfs->pAppData); }
  static sqlite3_vfs* Real(sqlite3_vfs* vfs) { return Owner(vfs)->real_; }
  static File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* In(sqlite3_file* file) { return Of(file)->real(); }

  int Step() {
    if (broken_) return code_;
    if (left_ == 0 || --left_ > 0) return SQLITE_OK;
    broken_ = true;
    return code_;
  }

  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    File* self = Of(file);
    std::memset(self, 0, sizeof(File));
    self->owner = Owner(vfs);
    const int code = Real(vfs)->xOpen(Real(vfs), name, self->real(), flags, out);
    if (self->real()->pMethods != nullptr) self->base.pMethods = &kMethods;
    return code;
  }

  template <typename Call>
  static int Broken(sqlite3_file* file, Call call) {
    const int code = Of(file)->owner->Step();
    return code == SQLITE_OK ? call(In(file)) : code;
  }
  static int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    return Broken(file,
                  [&](sqlite3_file* in) { return in->pMethods->xWrite(in, bytes, count, at); });
  }
  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    return Broken(file, [&](sqlite3_file* in) { return in->pMethods->xTruncate(in, size); });
  }
  static int Sync(sqlite3_file* file, int flags) {
    return Broken(file, [&](sqlite3_file* in) { return in->pMethods->xSync(in, flags); });
  }
  static int Close(sqlite3_file* f) { return In(f)->pMethods->xClose(In(f)); }
  static int Read(sqlite3_file* f, void* bytes, int count, sqlite3_int64 at) {
    return In(f)->pMethods->xRead(In(f), bytes, count, at);
  }
  static int FileSize(sqlite3_file* f, sqlite3_int64* size) {
    return In(f)->pMethods->xFileSize(In(f), size);
  }
  static int Lock(sqlite3_file* f, int level) { return In(f)->pMethods->xLock(In(f), level); }
  static int Unlock(sqlite3_file* f, int level) { return In(f)->pMethods->xUnlock(In(f), level); }
  static int Reserved(sqlite3_file* f, int* out) {
    return In(f)->pMethods->xCheckReservedLock(In(f), out);
  }
  static int Control(sqlite3_file* f, int op, void* arg) {
    return In(f)->pMethods->xFileControl(In(f), op, arg);
  }
  static int SectorSize(sqlite3_file* f) { return In(f)->pMethods->xSectorSize(In(f)); }
  static int Traits(sqlite3_file* f) { return In(f)->pMethods->xDeviceCharacteristics(In(f)); }
  static int ShmMap(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
    return In(f)->pMethods->xShmMap(In(f), page, size, extend, out);
  }
  static int ShmLock(sqlite3_file* f, int offset, int count, int flags) {
    return In(f)->pMethods->xShmLock(In(f), offset, count, flags);
  }
  static void ShmBarrier(sqlite3_file* f) { In(f)->pMethods->xShmBarrier(In(f)); }
  static int ShmUnmap(sqlite3_file* f, int remove) {
    return In(f)->pMethods->xShmUnmap(In(f), remove);
  }

  static constexpr sqlite3_io_methods kMethods = {2,          Close,      Read,    Write,  Truncate,
                                                  Sync,       FileSize,   Lock,    Unlock, Reserved,
                                                  Control,    SectorSize, Traits,  ShmMap, ShmLock,
                                                  ShmBarrier, ShmUnmap,   nullptr, nullptr};

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  int left_ = 0;
  int code_ = SQLITE_IOERR;
  bool broken_ = false;
};

}  // namespace sluice::store
