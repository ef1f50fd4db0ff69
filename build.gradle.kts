// The bridge's jar. `make jar` runs `gradle jar` where Gradle is on PATH, else the same with javac.
// Spark's jars come from the pip-installed pyspark (-PsparkJars=<folder>), so that no repository is needed.
plugins { java }

val sparkJars: String by project
val bridgeVersion: String by project

java {
    sourceCompatibility = JavaVersion.VERSION_17
    targetCompatibility = JavaVersion.VERSION_17
}

sourceSets {
    main {
        java.setSrcDirs(listOf("spark_dao/jvm/src/main/java"))
        resources.setSrcDirs(listOf("spark_dao/jvm/src/main/resources"))
    }
    test {
        java.setSrcDirs(emptyList<String>())
        resources.setSrcDirs(emptyList<String>())
    }
}

dependencies { compileOnly(fileTree(sparkJars) { include("*.jar") }) }

tasks.withType<JavaCompile> {
    options.encoding = "UTF-8"
    options.compilerArgs.addAll(listOf("-g", "-Xlint:-options"))
}

tasks.jar {
    archiveFileName = "spark-dao-bridge.jar"
    destinationDirectory = file("spark_dao/jars")
    manifest { attributes("Implementation-Title" to "spark-dao-bridge", "Implementation-Version" to bridgeVersion) }
    isPreserveFileTimestamps = false
    isReproducibleFileOrder = true
}
