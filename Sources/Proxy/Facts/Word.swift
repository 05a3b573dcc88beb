/// The words of the API that this version knows: names of fields, of types and of tools.
///
/// Source: https://platform.claude.com/docs/en/api/messages/create
enum Word: String, Sendable, CaseIterable {
    case advisor
    case advisorRedactedResult = "advisor_redacted_result"
    case advisorResult = "advisor_result"
    case advisorToolResult = "advisor_tool_result"
    case advisorToolResultError = "advisor_tool_result_error"
    case allowedCallers = "allowed_callers"
    case allowedDomains = "allowed_domains"
    case assistant
    case authorizationToken = "authorization_token"
    case auto
    case base64
    case bash
    case bashCodeExecutionOutput = "bash_code_execution_output"
    case bashCodeExecutionResult = "bash_code_execution_result"
    case bashCodeExecutionToolResult = "bash_code_execution_tool_result"
    case bashCodeExecutionToolResultError = "bash_code_execution_tool_result_error"
    case billTo = "bill_to"
    case billingPolicy = "billing_policy"
    case blockBinding = "block_binding"
    case blockedDomains = "blocked_domains"
    case browserState = "browser_state"
    case browserToolset = "browser_toolset"
    case budgetTokens = "budget_tokens"
    case cacheControl = "cache_control"
    case caching
    case caller
    case citations
    case clearAt = "clear_at"
    case clearAtLeast = "clear_at_least"
    case clearThinking = "clear_thinking"
    case clearToolInputs = "clear_tool_inputs"
    case clearToolUses = "clear_tool_uses"
    case codeExecution = "code_execution"
    case codeExecutionOutput = "code_execution_output"
    case codeExecutionResult = "code_execution_result"
    case codeExecutionToolResult = "code_execution_tool_result"
    case codeExecutionToolResultError = "code_execution_tool_result_error"
    case compact
    case compaction
    case computer
    case computerToolset = "computer_toolset"
    case configs
    case container
    case containerUpload = "container_upload"
    case content
    case context
    case contextManagement = "context_management"
    case custom
    case customId = "custom_id"
    case data
    case defaultConfig = "default_config"
    case deferLoading = "defer_loading"
    case definition
    case description
    case diagnostics
    case direct
    case disableParallelToolUse = "disable_parallel_tool_use"
    case display
    case displayHeightPx = "display_height_px"
    case displayNumber = "display_number"
    case displayWidthPx = "display_width_px"
    case document
    case eagerInputStreaming = "eager_input_streaming"
    case edits
    case effort
    case enableZoom = "enable_zoom"
    case encryptedCodeExecutionResult = "encrypted_code_execution_result"
    case encryptedContent = "encrypted_content"
    case encryptedStdout = "encrypted_stdout"
    case error
    case errorCode = "error_code"
    case errorMessage = "error_message"
    case excludeTools = "exclude_tools"
    case fallback
    case fallbackCreditToken = "fallback_credit_token"
    case fallbackModels = "fallback_models"
    case fallbacks
    case file
    case fileId = "file_id"
    case fileType = "file_type"
    case format
    case from
    case id
    case image
    case inferenceGeo = "inference_geo"
    case input
    case inputExamples = "input_examples"
    case inputSchema = "input_schema"
    case instructions
    case isError = "is_error"
    case isFileUpdate = "is_file_update"
    case keep
    case lines
    case maxCharacters = "max_characters"
    case maxContentTokens = "max_content_tokens"
    case maxTokens = "max_tokens"
    case maxTokensToSample = "max_tokens_to_sample"
    case maxUses = "max_uses"
    case mcpServerName = "mcp_server_name"
    case mcpServers = "mcp_servers"
    case mcpToolListing = "mcp_tool_listing"
    case mcpToolReference = "mcp_tool_reference"
    case mcpToolResult = "mcp_tool_result"
    case mcpToolUse = "mcp_tool_use"
    case mcpToolset = "mcp_toolset"
    case mcpToolsetReference = "mcp_toolset_reference"
    case mediaType = "media_type"
    case memory
    case messages
    case metadata
    case model
    case models
    case name
    case newLines = "new_lines"
    case newStart = "new_start"
    case numLines = "num_lines"
    case oldLines = "old_lines"
    case oldStart = "old_start"
    case outputConfig = "output_config"
    case outputFormat = "output_format"
    case pageAge = "page_age"
    case params
    case pauseAfterCompaction = "pause_after_compaction"
    case prompt
    case redactedThinking = "redacted_thinking"
    case requests
    case responseInclusion = "response_inclusion"
    case retrievedAt = "retrieved_at"
    case returnCode = "return_code"
    case role
    case safeguards
    case schema
    case searchResult = "search_result"
    case serverName = "server_name"
    case serverToolUse = "server_tool_use"
    case serviceTier = "service_tier"
    case signature
    case skillId = "skill_id"
    case skills
    case source
    case speed
    case standard
    case standardOnly = "standard_only"
    case startLine = "start_line"
    case stateChanges = "state_changes"
    case stderr
    case stdout
    case stopReason = "stop_reason"
    case stopSequences = "stop_sequences"
    case strReplaceBasedEditTool = "str_replace_based_edit_tool"
    case strReplaceEditor = "str_replace_editor"
    case stream
    case strict
    case system
    case tabs
    case taskBudget = "task_budget"
    case temperature
    case text
    case textEditor = "text_editor"
    case textEditorCodeExecutionCreateResult = "text_editor_code_execution_create_result"
    case textEditorCodeExecutionStrReplaceResult = "text_editor_code_execution_str_replace_result"
    case textEditorCodeExecutionToolResult = "text_editor_code_execution_tool_result"
    case textEditorCodeExecutionToolResultError = "text_editor_code_execution_tool_result_error"
    case textEditorCodeExecutionViewResult = "text_editor_code_execution_view_result"
    case thinking
    case thread
    case title
    case to
    case tool
    case toolAddition = "tool_addition"
    case toolChanges = "tool_changes"
    case toolChoice = "tool_choice"
    case toolConfiguration = "tool_configuration"
    case toolDefinition = "tool_definition"
    case toolName = "tool_name"
    case toolReference = "tool_reference"
    case toolReferences = "tool_references"
    case toolRemoval = "tool_removal"
    case toolResult = "tool_result"
    case toolSearchToolBm25 = "tool_search_tool_bm25"
    case toolSearchToolRegex = "tool_search_tool_regex"
    case toolSearchToolResult = "tool_search_tool_result"
    case toolSearchToolResultError = "tool_search_tool_result_error"
    case toolSearchToolSearchResult = "tool_search_tool_search_result"
    case toolUse = "tool_use"
    case toolUseId = "tool_use_id"
    case tools
    case toolsetName = "toolset_name"
    case topK = "top_k"
    case topP = "top_p"
    case totalLines = "total_lines"
    case transformations
    case trigger
    case type
    case url
    case urlSources = "url_sources"
    case useCache = "use_cache"
    case user
    case userId = "user_id"
    case userLocation = "user_location"
    case userProfileId = "user_profile_id"
    case version
    case webFetch = "web_fetch"
    case webFetchResult = "web_fetch_result"
    case webFetchToolResult = "web_fetch_tool_result"
    case webFetchToolResultError = "web_fetch_tool_result_error"
    case webSearch = "web_search"
    case webSearchResult = "web_search_result"
    case webSearchToolResult = "web_search_tool_result"
    case webSearchToolResultError = "web_search_tool_result_error"
    case workspaceId = "workspace_id"
}
