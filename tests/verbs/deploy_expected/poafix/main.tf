# PoaFix: atlas-s3, production
# Written by `tablewright deploy`; the model says why.

# M30 as priced, three nodes in three zones; encrypted at rest with AES-256, called over TLS 1.2 or newer alone
resource "mongodbatlas_advanced_cluster" "database_cluster" {
  project_id = var.atlas_project_id
  name = "poafix-production"
  cluster_type = "REPLICASET"
  mongo_db_major_version = "8.0"
  backup_enabled = true
  pit_enabled = true
  termination_protection_enabled = true
  advanced_configuration = {
    minimum_enabled_tls_protocol = "TLS1_2"
    javascript_enabled = false
  }
  replication_specs = [
    {
      region_configs = [
        {
          provider_name = "AWS"
          region_name = "US_EAST_1"
          priority = 7
          electable_specs = {
            instance_size = "M30"
            node_count = 3
          }
        },
      ]
    },
  ]
  tags = {
    app = "poafix"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# SCRAM-SHA-256; reads and writes one database of one cluster
resource "mongodbatlas_database_user" "database_user" {
  project_id = var.atlas_project_id
  username = "application"
  password = var.atlas_password
  auth_database_name = "admin"
  roles {
    role_name = "readWrite"
    database_name = "poafix_prod"
  }
  scopes {
    name = mongodbatlas_advanced_cluster.database_cluster.name
    type = "CLUSTER"
  }
}

# one address: that of the NAT gateway or instance; never the whole internet
resource "mongodbatlas_project_ip_access_list" "database_access" {
  project_id = var.atlas_project_id
  ip_address = var.application_address
  comment = "poafix-production: the application"
}

# sign-ins and refused calls are recorded
resource "mongodbatlas_auditing" "database_audit" {
  project_id = var.atlas_project_id
  enabled = true
  audit_authorization_success = false
  audit_filter = "{\"atype\": {\"$in\": [\"authenticate\", \"authCheck\"]}}"
}

# every night, kept for 7 days
resource "mongodbatlas_cloud_backup_schedule" "database_backups" {
  project_id = var.atlas_project_id
  cluster_name = mongodbatlas_advanced_cluster.database_cluster.name
  reference_hour_of_day = 3
  restore_window_days = 7
  policy_item_daily {
    frequency_interval = 1
    retention_unit = "days"
    retention_value = 7
  }
}

# what users and the application store
resource "aws_s3_bucket" "files" {
  bucket_prefix = "poafix-production-files-"
  tags = {
    app = "poafix"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "files_encryption" {
  bucket = aws_s3_bucket.files.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "files_access" {
  bucket = aws_s3_bucket.files.id
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "files_ownership" {
  bucket = aws_s3_bucket.files.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "files_versioning" {
  bucket = aws_s3_bucket.files.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "files_lifecycle" {
  bucket = aws_s3_bucket.files.id
  rule {
    id = "unfinished-uploads"
    status = "Enabled"
    filter {
      prefix = ""
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id = "old-versions"
    status = "Enabled"
    filter {
      prefix = ""
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
  rule {
    id = "request-logs"
    status = "Enabled"
    filter {
      prefix = "logs/"
    }
    expiration {
      days = 90
    }
  }
}

# TLS only; read by the distribution alone
resource "aws_s3_bucket_policy" "files_policy" {
  bucket = aws_s3_bucket.files.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "OnlyTls"
        Effect = "Deny"
        Principal = "*"
        Action = "s3:*"
        Resource = [aws_s3_bucket.files.arn, "${aws_s3_bucket.files.arn}/*"]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
      {
        Sid = "Distribution"
        Effect = "Allow"
        Principal = {
          Service = "cloudfront.amazonaws.com"
        }
        Action = "s3:GetObject"
        Resource = ["${aws_s3_bucket.files.arn}/*"]
        Condition = {
          StringEquals = {
            "AWS:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/${aws_cloudfront_distribution.distribution.id}"
          }
        }
      },
    ]
  })
}

# messages of notifications that failed five times wait here for 14 days
resource "aws_sqs_queue" "notifications_queue_failed" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 1209600
  tags = {
    app = "poafix"
    environment = "production"
  }
}

# notifications: work outside the request; a million requests a month are free
resource "aws_sqs_queue" "notifications_queue" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 345600
  visibility_timeout_seconds = 180
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.notifications_queue_failed.arn
    maxReceiveCount = 5
  })
  tags = {
    app = "poafix"
    environment = "production"
  }
}

# the distribution signs what it asks of the bucket; nobody else may
resource "aws_cloudfront_origin_access_control" "origin_access" {
  name = "poafix-production"
  origin_access_control_origin_type = "s3"
  signing_behavior = "always"
  signing_protocol = "sigv4"
}

# images/* is kept for 31,536,000 seconds
resource "aws_cloudfront_cache_policy" "images_cache" {
  name = "poafix-production-ImagesCache"
  default_ttl = 31536000
  max_ttl = 31536000
  min_ttl = 0
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# documents/* is kept for 15,552,000 seconds
resource "aws_cloudfront_cache_policy" "documents_cache" {
  name = "poafix-production-DocumentsCache"
  default_ttl = 15552000
  max_ttl = 15552000
  min_ttl = 0
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# everything over HTTPS, with security headers; calls of the program are never kept
resource "aws_cloudfront_distribution" "distribution" {
  enabled = true
  comment = "poafix-production"
  default_root_object = "index.html"
  http_version = "http2and3"
  is_ipv6_enabled = true
  price_class = "PriceClass_100"
  origin {
    origin_id = "web"
    domain_name = aws_s3_bucket.files.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.origin_access.id
  }
  origin {
    origin_id = "api"
    domain_name = var.api_domain_name
    custom_origin_config {
      http_port = 80
      https_port = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols = ["TLSv1.2"]
    }
  }
  default_cache_behavior {
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "images/*"
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = aws_cloudfront_cache_policy.images_cache.id
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "documents/*"
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = aws_cloudfront_cache_policy.documents_cache.id
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "api/*"
    target_origin_id = "api"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods = ["GET", "HEAD"]
    origin_request_policy_id = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    cloudfront_default_certificate = true
  }
  tags = {
    app = "poafix"
    environment = "production"
  }
}

# every alarm is told here; with the key alias/aws/sns no alarm could write to it
resource "aws_sns_topic" "alarm_topic" {
  name = "poafix-production-alarms"
  tags = {
    app = "poafix"
    environment = "production"
  }
}

resource "aws_sns_topic_subscription" "alarm_address" {
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol = "email"
  endpoint = var.alarm_email
}

# units in five minutes; the lines are what the estimate expects at the peak
resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "poafix-production"
  dashboard_body = "{\"widgets\":[]}"
}

# the priced bill of this option at 100,000 users: 617.23 USD a month
resource "aws_budgets_budget" "monthly_budget" {
  name = "poafix-production"
  budget_type = "COST"
  time_unit = "MONTHLY"
  limit_amount = "617.23"
  limit_unit = "USD"
  cost_filter {
    name = "TagKeyValue"
    values = ["user:app$poafix"]
  }
  notification {
    notification_type = "ACTUAL"
    comparison_operator = "GREATER_THAN"
    threshold = 80
    threshold_type = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
  notification {
    notification_type = "FORECASTED"
    comparison_operator = "GREATER_THAN"
    threshold = 120
    threshold_type = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
}

# charges of what carries the application's tag
resource "aws_ce_anomaly_monitor" "cost_monitor" {
  name = "poafix-production"
  monitor_type = "CUSTOM"
  monitor_specification = "{\"Tags\": {\"Key\": \"app\", \"Values\": [\"poafix\"]}}"
}

# from a tenth of the priced bill: 62 USD
resource "aws_ce_anomaly_subscription" "cost_anomalies" {
  name = "poafix-production"
  frequency = "DAILY"
  monitor_arn_list = [aws_ce_anomaly_monitor.cost_monitor.arn]
  subscriber {
    type = "EMAIL"
    address = var.alarm_email
  }
  threshold_expression {
    dimension {
      key = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values = ["62"]
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
