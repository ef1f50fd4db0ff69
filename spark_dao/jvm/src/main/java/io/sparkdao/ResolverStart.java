package io.sparkdao;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** Says in one sentence why a resolver did not start or has ended, and passes on what it writes to stderr. */
final class ResolverStart {
  private static final int LINES_KEPT = 40;
  private static final String REMEDY =
      "; name a Python that has spark_dao in `spark.dao.python` (or `spark.pyspark.driver.python`, PYSPARK_PYTHON)";

  private final ResolverPython python;
  private final Deque<String> lastErrors = new ArrayDeque<>();
  private Thread errors;

  ResolverStart(ResolverPython python) {
    this.python = python;
  }

  /** Passes stderr on to the driver's, and remembers the end of it. */
  void forwardErrors(Process process) {
    errors = new Thread(() -> forward(process), "spark-dao-resolver-stderr");
    errors.setDaemon(true);
    errors.start();
  }

  String notStarted(IOException error) {
    return "spark_dao's catalog is answered by Python, but `" + python.executable() + "` cannot be started ("
        + error.getMessage() + ")" + REMEDY;
  }

  String notInTime(int seconds) {
    return "spark_dao's catalog is answered by Python, but `" + python.executable() + "` did not answer within "
        + seconds + " seconds" + REMEDY;
  }

  String endedAtOnce(Process process) {
    int code = codeOf(process);
    String last = lastLine();
    if (last.contains("No module named") && last.contains("spark_dao")) {
      return "the Python `" + python.executable() + "` has no spark_dao of this version (" + last + "); run `"
          + python.executable() + " -m pip install spark_dao==" + jarVersion() + "`, or name another Python in "
          + "`spark.dao.python`";
    }
    return "spark_dao's catalog is answered by Python, but `" + python.executable()
        + " -m spark_dao.spark.resolver` ended with exit code " + code + ": " + last + REMEDY;
  }

  String endedLater(Process process) {
    return "the Python process that answers for spark_dao's catalog ended with exit code " + codeOf(process)
        + " while it was asked; see the driver's stderr";
  }

  /** Returns what is wrong with the version of the Python package, null where it is the jar's. */
  String versionProblem(String packageVersion) {
    String jarVersion = jarVersion();
    if (packageVersion.equals(jarVersion)) {
      return null;
    }
    return "the bridge jar has version " + jarVersion + ", but the package spark_dao of the Python `"
        + python.executable() + "` has version " + packageVersion
        + "; use the jar that comes with that package (`spark-dao jar` prints its path)";
  }

  private static String jarVersion() {
    return String.valueOf(Resolver.class.getPackage().getImplementationVersion());
  }

  private void forward(Process process) {
    try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.err.println(line);
        remember(line);
      }
    } catch (IOException closed) {
      remember("its stderr could not be read: " + closed.getMessage());
    }
  }

  private synchronized void remember(String line) {
    lastErrors.addLast(line);
    if (lastErrors.size() > LINES_KEPT) {
      lastErrors.removeFirst();
    }
  }

  private synchronized String lastLine() {
    String last = "it said nothing";
    for (String line : lastErrors) {
      if (!line.isBlank()) {
        last = line.strip();
      }
    }
    return last;
  }

  private int codeOf(Process process) {
    try {
      process.waitFor(5, TimeUnit.SECONDS);
      errors.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return process.isAlive() ? -1 : process.exitValue();
  }
}
