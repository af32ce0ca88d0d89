//! What is done for a secret beyond wiping it: no core dump of this process holds it.

/// From here on the process leaves no core dump, and only root can read its memory.
///
/// It stays so until the process ends or becomes another program (execve(2) makes it dumpable
/// again): a secret that was typed can have left copies behind, in buffers that are not ours. Best
/// effort; where the system refuses, the secret is as safe as in other programs.
pub fn keep_from_core_dumps() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
}
