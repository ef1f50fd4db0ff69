package io.sparkdao;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;

/**
 * The driver's Python, and where it finds the user's modules.
 *
 * @param executable the interpreter
 * @param path the PYTHONPATH it is started with
 */
record ResolverPython(String executable, String path) {
  // As `python -m spark_dao.spark.resolver`, but with the working directory at the end of the path instead of its head,
  // since a job does not find its modules there first either.
  private static final String LAUNCH =
      "import runpy, sys; '' in sys.path[:1] and sys.path.append(sys.path.pop(0)); "
          + "runpy.run_module('spark_dao.spark.resolver', run_name='__main__', alter_sys=True)";

  /**
   * Chooses the interpreter in the order of Spark's own {@code PythonRunner}, after {@code spark.dao.python}.
   *
   * @param conf the session's conf
   * @param environment the JVM's environment
   */
  static ResolverPython of(Map<String, String> conf, Map<String, String> environment) {
    String executable =
        Stream.of(
                conf.get("spark.dao.python"),
                conf.get("spark.pyspark.driver.python"),
                conf.get("spark.pyspark.python"),
                interpreter(environment.get("PYSPARK_DRIVER_PYTHON")),
                environment.get("PYSPARK_PYTHON"))
            .filter(Objects::nonNull)
            .filter(name -> !name.isBlank())
            .findFirst()
            .orElse("python3");
    return new ResolverPython(executable, String.join(File.pathSeparator, folders(conf, environment)));
  }

  /** Starts nothing but says how: the command of the resolver. */
  ProcessBuilder command() {
    ProcessBuilder builder = new ProcessBuilder(executable, "-c", LAUNCH);
    builder.environment().put("PYTHONPATH", path);
    return builder;
  }

  // Notebooks are run with a driver python that is a front end and takes no `-m`.
  private static String interpreter(String name) {
    if (name == null) {
      return null;
    }
    String file = Path.of(name).getFileName().toString();
    return file.startsWith("jupyter") || file.startsWith("ipython") ? null : name;
  }

  private static Set<String> folders(Map<String, String> conf, Map<String, String> environment) {
    Set<String> folders = new LinkedHashSet<>();
    for (String file : split(conf.get("spark.submit.pyFiles"), ",")) {
      folders.add(importable(withoutScheme(file)));
    }
    if (SparkEnv.get() != null) {
      folders.add(SparkFiles.getRootDirectory());
    }
    folders.addAll(split(conf.get("spark.dao.pythonPath"), File.pathSeparator));
    folders.addAll(jobFolders());
    folders.addAll(split(environment.get("PYTHONPATH"), File.pathSeparator));
    return folders;
  }

  // As PythonRunner.formatPath: a module lies in a folder, an archive is one.
  private static String importable(String file) {
    return file.endsWith(".py") ? Path.of(file).toAbsolutePath().getParent().toString() : file;
  }

  private static String withoutScheme(String file) {
    if (file.startsWith("file:") || file.startsWith("local:")) {
      return file.substring(file.indexOf(':') + 1).replaceFirst("^//+", "/");
    }
    int scheme = file.indexOf("://");
    if (scheme < 0) {
      return file;
    }
    // Spark has fetched what is remote.
    String name = file.substring(file.lastIndexOf('/') + 1);
    return SparkEnv.get() == null ? file : Path.of(SparkFiles.getRootDirectory(), name).toString();
  }

  // spark-submit keeps the job's file only in its own command line.
  private static List<String> jobFolders() {
    List<String> words = split(System.getProperty("sun.java.command"), " ");
    for (int index = 1; index < words.size(); index++) {
      String word = words.get(index);
      boolean isValue = words.get(index - 1).equals("--py-files") || words.get(index - 1).equals("--files");
      if (word.endsWith(".py") && !isValue && Files.isRegularFile(Path.of(word))) {
        return List.of(Path.of(word).toAbsolutePath().getParent().toString());
      }
    }
    return List.of();
  }

  private static List<String> split(String text, String separator) {
    List<String> parts = new ArrayList<>();
    if (text != null) {
      for (String part : text.split(java.util.regex.Pattern.quote(separator))) {
        if (!part.isBlank()) {
          parts.add(part.trim());
        }
      }
    }
    return parts;
  }
}
