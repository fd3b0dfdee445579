"""Many files, one after another or several at the same time. This module knows nothing of terminals."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock

from srcnn.batch.enlarge import Upscalers
from srcnn.batch.gate import MemoryGate
from srcnn.batch.plan import Job
from srcnn.batch.upscale import Result, Settings, upscale_file


def upscale_files(
    jobs: Sequence[Job],
    upscalers: Upscalers,
    settings: Settings,
    *,
    lossy: Upscalers | None = None,
    workers: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Generator[Result]:
    """Enlarge many files.

    Close the iterator to stop early (`contextlib.closing`): finished files stay, and unfinished ones
    leave nothing behind.

    Args:
        jobs: inputs and outputs.
        upscalers: the model.
        settings: what is the same for every file.
        lossy: the model for files of lossy formats, such as JPEG; None takes the same.
        workers: how many files at the same time, at least 1; of several, one more, for when one waits for the disk.
            The memory they work in is bounded for all of them together, so that large pictures take turns.
        progress: called with the number of files done, parts of files included; never by two threads
            at the same time.

    Yields:
        What became of each, in the order of the jobs.

    Tests: tests/batch/test_run.py.
    """
    tally = _Tally(len(jobs), progress)
    # Several at a time keep the processor busy without threads for each. One more than that is inside, to be worked on
    # while others wait for the disk.
    workers = min(workers, len(jobs))
    several = workers > 1
    gate = MemoryGate(workers + several)

    def work(number: int, job: Job) -> Result:
        result = upscale_file(
            job,
            upscalers,
            settings,
            lossy=lossy,
            gate=gate,
            progress=lambda share: tally.set(number, share),
        )
        tally.set(number, 1)
        return result

    # Even one file at a time runs beside the main thread: Ctrl-C arrives in the main thread, and would be
    # lost where a codec happens to call back into Python.
    # The last thread reads the next file meanwhile.
    pool = ThreadPoolExecutor(workers + several + 1, thread_name_prefix="srcnn")
    futures: list[Future[Result]] = []
    try:
        for number, job in enumerate(jobs):
            futures.append(pool.submit(work, number, job))
        for future in futures:
            yield future.result()
    finally:
        tally.stop()
        _finish(futures)
        pool.shutdown()


def _finish(futures: Sequence[Future[Result]]) -> None:
    """Wait for what has begun, however often that is interrupted: unfinished files are their threads' to remove."""
    begun = [future for future in futures if not future.cancel()]
    interrupt: KeyboardInterrupt | None = None
    while True:
        try:
            wait(begun)  # an interrupted wait for the threads themselves would take them for ended
            break
        except KeyboardInterrupt as again:
            interrupt = again
    if interrupt:
        raise interrupt


class _Stopped(BaseException):
    """No error, which `upscale_file` would report: how a thread learns that nobody waits for it."""


class _Tally:
    """How much of all files is done; also where threads hear that they should stop."""

    def __init__(self, files: int, progress: Callable[[float], None] | None) -> None:
        self._shares = [0.0] * files
        self._done = 0.0
        self._progress = progress
        self._lock = Lock()
        self._stopped = False

    def set(self, number: int, share: float) -> None:
        """Note the share of a file that is done."""
        with self._lock:
            if self._stopped:
                raise _Stopped
            self._done += share - self._shares[number]
            self._shares[number] = share
            if self._progress:
                self._progress(self._done)

    def stop(self) -> None:
        """End every file at its next strip."""
        with self._lock:
            self._stopped = True
