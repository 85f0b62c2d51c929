package mailconf

import "time"

// The defaults are those of Debian's Postfix 3.7.11. The order of the rows is
// stock's, and matters: see Load.
//
// postfix: src/global/mail_params.[hc], src/global/mail_version.h

// DefaultMailVersion is the version of Postfix whose behaviour is built in.
const DefaultMailVersion = "3.7.11"

func (p *Params) compatTable() Table {
	return Table{Str("compatibility_level", "0", 0, 0, &p.CompatibilityLevel)}
}

func (p *Params) firstTables() []Table {
	return []Table{{
		Str("mail_version", DefaultMailVersion, 1, 0, &p.MailVersion),
		Str("syslog_facility", "mail", 1, 0, &p.SyslogFacility),
		Str("inet_protocols", "all", 0, 0, &p.InetProtocols),
		Str("multi_instance_directories", "", 0, 0, &p.MultiInstanceDirectories),
		Str("multi_instance_group", "", 0, 0, &p.MultiInstanceGroup),
		Str("multi_instance_name", "", 0, 0, &p.MultiInstanceName),
		Str("maillog_file", "", 0, 0, &p.MaillogFile),
		Str("maillog_file_prefixes", "/var, /dev/stdout", 1, 0, &p.MaillogFilePrefixes),
		Str("maillog_file_compressor", "gzip", 1, 0, &p.MaillogFileCompressor),
		Str("maillog_file_rotate_suffix", "%Y%m%d-%H%M%S", 1, 0, &p.MaillogFileRotateSuffix),
		Str("postlog_service_name", "postlog", 1, 0, &p.PostlogServiceName),
		Str("dnssec_probe", "ns:.", 0, 0, &p.DNSSECProbe),
		Str("known_tcp_ports", "lmtp=24, smtp=25, smtps=submissions=465, submission=587", 0, 0, &p.KnownTCPPorts),
	}}
}

func (p *Params) firstBoolTables() []Table {
	return []Table{{
		Bool("daemon_table_open_error_is_fatal", false, &p.DaemonTableOpenErrorIsFatal),
		Bool("dns_ncache_ttl_fix_enable", false, &p.DNSNcacheTTLFixEnable),
	}, {
		NBool("smtputf8_enable", "${{$compatibility_level} <level {1} ? {no} : {yes}}", &p.SMTPUTF8Enable),
		NBool("enable_idna2003_compatibility", "no", &p.EnableIDNA2003Compatibility),
		NBool("respectful_logging", "${{$compatibility_level} <level {3.6} ? {no} : {yes}}", &p.RespectfulLogging),
	}}
}

func (p *Params) strTable() Table {
	return Table{
		Str("mail_name", "Postfix", 1, 0, &p.MailName),
		Str("syslog_name", "${multi_instance_name?{$multi_instance_name}:{postfix}}", 1, 0, &p.SyslogName),
		Str("mail_owner", "postfix", 1, 0, &p.MailOwner),
		Str("setgid_group", "postdrop", 1, 0, &p.SetgidGroup),
		Str("mydestination", "$myhostname, localhost.$mydomain, localhost", 0, 0, &p.MyDestination),
		Str("myorigin", "$myhostname", 1, 0, &p.MyOrigin),
		Str("relayhost", "", 0, 0, &p.RelayHost),
		Str("daemon_directory", "/usr/lib/postfix/sbin", 1, 0, &p.DaemonDirectory),
		Str("data_directory", "/var/lib/postfix", 1, 0, &p.DataDirectory),
		Str("command_directory", "/usr/sbin", 1, 0, &p.CommandDirectory),
		Str("meta_directory", "/etc/postfix", 1, 0, &p.MetaDirectory),
		Str("queue_directory", "/var/spool/postfix", 1, 0, &p.QueueDirectory),
		Str("shlib_directory", "/usr/lib/postfix", 1, 0, &p.ShlibDirectory),
		Str("process_id_directory", "pid", 1, 0, &p.ProcessIDDirectory),
		Str("inet_interfaces", "all", 0, 0, &p.InetInterfaces),
		Str("proxy_interfaces", "", 0, 0, &p.ProxyInterfaces),
		Str("double_bounce_sender", "double-bounce", 1, 0, &p.DoubleBounceSender),
		Str("default_privs", "nobody", 1, 0, &p.DefaultPrivs),
		Str("alias_database", "hash:/etc/aliases", 0, 0, &p.AliasDatabase),
		Str("mail_release_date", "20240304", 1, 0, &p.MailReleaseDate),
		Str("default_database_type", "hash", 1, 0, &p.DefaultDatabaseType),
		Str("hash_queue_names", "deferred, defer", 1, 0, &p.HashQueueNames),
		Str("recipient_delimiter", "", 0, 0, &p.RecipientDelimiter),
		Str("relay_domains", "${{$compatibility_level} <level {2} ? {$mydestination} : {}}", 0, 0, &p.RelayDomains),
		Str("fast_flush_domains", "$relay_domains", 0, 0, &p.FastFlushDomains),
		Str("export_environment", "TZ MAIL_CONFIG LANG", 0, 0, &p.ExportEnvironment),
		Str("import_environment", "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME",
			0, 0, &p.ImportEnvironment),
		Str("mynetworks_style", "${{$compatibility_level} <level {2} ? {subnet} : {host}}", 1, 0, &p.MyNetworksStyle),
		Str("debug_peer_list", "", 0, 0, &p.DebugPeerList),
		Str("default_verp_delimiters", "+=", 2, 2, &p.DefaultVERPDelimiters),
		Str("verp_delimiter_filter", "-=+", 1, 0, &p.VERPDelimiterFilter),
		Str("parent_domain_matches_subdomains",
			"debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps",
			0, 0, &p.ParentDomainMatchesSubdomains),
		Str("alternate_config_directories", "", 0, 0, &p.AlternateConfigDirectories),
	}
}

func (p *Params) serviceTable() Table {
	return Table{
		Str("bounce_service_name", "bounce", 1, 0, &p.BounceServiceName),
		Str("cleanup_service_name", "cleanup", 1, 0, &p.CleanupServiceName),
		Str("defer_service_name", "defer", 1, 0, &p.DeferServiceName),
		Str("pickup_service_name", "pickup", 1, 0, &p.PickupServiceName),
		Str("queue_service_name", "qmgr", 1, 0, &p.QueueServiceName),
		Str("rewrite_service_name", "rewrite", 1, 0, &p.RewriteServiceName),
		Str("showq_service_name", "showq", 1, 0, &p.ShowqServiceName),
		Str("error_service_name", "error", 1, 0, &p.ErrorServiceName),
		Str("flush_service_name", "flush", 1, 0, &p.FlushServiceName),
		Str("address_verify_service_name", "verify", 1, 0, &p.VerifyServiceName),
		Str("trace_service_name", "trace", 1, 0, &p.TraceServiceName),
		Str("proxymap_service_name", "proxymap", 1, 0, &p.ProxymapServiceName),
		Str("proxywrite_service_name", "proxywrite", 1, 0, &p.ProxywriteServiceName),
		Str("internal_mail_filter_classes", "", 0, 0, &p.InternalMailFilterClasses),
		Str("multi_instance_wrapper", "", 0, 0, &p.MultiInstanceWrapper),
		Str("default_delivery_status_filter", "", 0, 0, &p.DefaultDeliveryStatusFilter),
		Str("smtputf8_autodetect_classes", "sendmail, verify", 1, 0, &p.SMTPUTF8AutodetectClasses),
		Str("message_drop_headers", "bcc, content-length, resent-bcc, return-path", 0, 0, &p.MessageDropHeaders),
		Str("info_log_address_format", "external", 1, 0, &p.InfoLogAddressFormat),
	}
}

func (p *Params) numberTable() Table {
	return Table{
		Int("default_process_limit", 100, 1, 0, &p.DefaultProcessLimit),
		Int("max_use", 100, 1, 0, &p.MaxUse),
		Int("dont_remove", 0, 0, 0, &p.DontRemove),
		Int("line_length_limit", 2048, 512, 0, &p.LineLengthLimit),
		Int("hash_queue_depth", 1, 1, 0, &p.HashQueueDepth),
		Int("fork_attempts", 5, 1, 0, &p.ForkAttempts),
		Int("deliver_lock_attempts", 20, 1, 0, &p.DeliverLockAttempts),
		Int("debug_peer_level", 2, 1, 0, &p.DebugPeerLevel),
		Int("fault_injection_code", 0, 0, 0, &p.FaultInjectionCode),
		Int("berkeley_db_create_buffer_size", 16777216, 1, 0, &p.BerkeleyDBCreateBufferSize),
		Int("berkeley_db_read_buffer_size", 131072, 1, 0, &p.BerkeleyDBReadBufferSize),
		Int("header_size_limit", 102400, 1, 0, &p.HeaderSizeLimit),
		Int("header_address_token_limit", 10240, 1, 0, &p.HeaderAddressTokenLimit),
		Int("mime_nesting_limit", 100, 1, 0, &p.MIMENestingLimit),
		Int("mime_boundary_length_limit", 2048, 1, 0, &p.MIMEBoundaryLengthLimit),
		Int("delay_logging_resolution_limit", 2, 0, 6, &p.DelayLoggingResolutionLimit),
		Int("tcp_windowsize", 0, 0, 0, &p.TCPWindowSize),
		Long("message_size_limit", 10240000, 0, 0, &p.MessageSizeLimit),
		Long("lmdb_map_size", 16777216, 1, 0, &p.LMDBMapSize),
	}
}

func (p *Params) boolTable() Table {
	return Table{
		Bool("disable_dns_lookups", false, &p.DisableDNSLookups),
		Bool("soft_bounce", false, &p.SoftBounce),
		Bool("owner_request_special", true, &p.OwnerRequestSpecial),
		Bool("strict_8bitmime", false, &p.Strict8BitMIME),
		Bool("strict_7bit_headers", false, &p.Strict7BitHeaders),
		Bool("strict_8bitmime_body", false, &p.Strict8BitMIMEBody),
		Bool("strict_mime_encoding_domain", false, &p.StrictMIMEEncodingDomain),
		Bool("disable_mime_input_processing", false, &p.DisableMIMEInputProcessing),
		Bool("disable_mime_output_conversion", false, &p.DisableMIMEOutputConversion),
		Bool("address_verify_negative_cache", true, &p.VerifyNegativeCache),
		Bool("backwards_bounce_logfile_compatibility", true, &p.BackwardsBounceLogfileCompatible),
		Bool("helpful_warnings", true, &p.HelpfulWarnings),
		Bool("send_cyrus_sasl_authzid", false, &p.SendCyrusSASLAuthzid),
		Bool("multi_instance_enable", false, &p.MultiInstanceEnable),
		Bool("enable_long_queue_ids", false, &p.EnableLongQueueIDs),
		Bool("strict_smtputf8", false, &p.StrictSMTPUTF8),
		Bool("enable_original_recipient", true, &p.EnableOriginalRecipient),
	}
}

func (p *Params) timeTable() Table {
	return Table{
		Time("application_event_drain_time", "100s", time.Second, 0, &p.ApplicationEventDrainTime),
		Time("max_idle", "100s", time.Second, 0, &p.MaxIdle),
		Time("ipc_timeout", "3600s", time.Second, 0, &p.IPCTimeout),
		Time("ipc_idle", "5s", time.Second, 0, &p.IPCIdle),
		Time("ipc_ttl", "1000s", time.Second, 0, &p.IPCTTL),
		Time("trigger_timeout", "10s", time.Second, 0, &p.TriggerTimeout),
		Time("fork_delay", "1s", time.Second, 0, &p.ForkDelay),
		Time("deliver_lock_delay", "1s", time.Second, 0, &p.DeliverLockDelay),
		Time("stale_lock_time", "500s", time.Second, 0, &p.StaleLockTime),
		Time("daemon_timeout", "18000s", time.Second, 0, &p.DaemonTimeout),
		Time("in_flow_delay", "1s", 0, 10*time.Second, &p.InFlowDelay),
	}
}
