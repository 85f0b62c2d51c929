package maillog

// LogAt logs a text of any severity, without what a severity does besides.
func (l *Logger) LogAt(severity Severity, text string) { l.logf(severity, "%s", text) }
