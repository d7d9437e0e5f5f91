type Variables = Readonly<Record<string, string>>;

/**
 * The presets of a runtime, with which it finds in the folder of the layers what it finds below /opt in Lambda.
 * differs from Lambda: the folder is not /opt, which belongs to the machine.
 */
export function addLayerVariables(
  presets: Variables,
  runtime: string,
  layersRoot: string,
): Variables {
  const below = (...places: readonly string[]): readonly string[] =>
    places.map((place) => `${layersRoot}/${place}`);
  const version = /^[a-z]+([\d.]+?)(\.x)?$/.exec(runtime)?.[1] ?? '';
  const added: Readonly<Record<string, readonly string[]>> = {
    PATH: below('bin'),
    LD_LIBRARY_PATH: below('lib'),
    NODE_PATH: below(`nodejs/node${version}/node_modules`, 'nodejs/node_modules'),
    PYTHONPATH: below(`python/lib/python${version}/site-packages`, 'python'),
    RUBYLIB: below('ruby/lib'),
    CLASSPATH: below('java/lib/*'),
  };
  const merged = Object.entries(added).map(([name, places]) => {
    const before = presets[name];
    // The platform's own come first, as in Lambda: no layer stands in for them.
    return [name, [...(before === undefined ? [] : [before]), ...places].join(':')];
  });
  return { ...presets, ...(Object.fromEntries(merged) as Variables) };
}
